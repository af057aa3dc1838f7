import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archive } from '../harness/endpoints.ts';
import { sluice } from '../harness/sluice.ts';
import { type ServeFixture, startServe } from '../harness/sluice-serve.ts';

const SCRIPT = `
  import { readFileSync } from 'node:fs';
  export const modelFn = (directory: string) => readFileSync(directory + '/word.txt', 'utf8');
  export const predictFn = (input: unknown, word: string) => ({ word, input });`;
const BROKEN = `throw new Error('this script is broken');`;

let directory: string;
let home: string;
let serve: ServeFixture;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-endpoints-'));
  home = join(directory, 'home');
  await writeFile(join(directory, 'inference.ts'), SCRIPT);
  await writeFile(join(directory, 'broken.ts'), BROKEN);
  for (const word of ['old', 'new'])
    await writeFile(join(directory, `${word}.tar.gz`), await archive({ 'word.txt': word }));
  await writeFile(join(directory, 'sample.csv'), '1,2\n3,4\n');
  await writeFile(join(directory, 'sample.json'), '{"a": 1}');
  serve = await startServe(home, ['--executor', 'process', '--credentials']);
});
afterAll(async () => {
  await serve[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const endpoints = (...args: string[]) => sluice(['endpoints', ...args], { cwd: directory, home });

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await endpoints(...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('an endpoint of the server that the home has', () => {
  test('is created, listed, shown, invoked, updated and deleted', async () => {
    const script = ['--script', 'inference.ts'];
    const created = await json('create', 'words', '--model', 'old.tar.gz', ...script, '--wait');
    expect(created).toMatchObject({
      name: 'words',
      status: 'InService',
      endpointConfigName: expect.stringMatching(/^words-[0-9a-f]{10}$/) as string,
      url: `${serve.url}/endpoints/words/invocations`,
    });
    expect(await json('ls')).toMatchObject({ endpoints: [{ name: 'words', status: 'InService' }] });
    const csv = await endpoints('invoke', 'words', 'sample.csv');
    expect(csv).toMatchObject({ code: 0, stderr: 'variant AllTraffic, application/json\n' });
    expect(JSON.parse(csv.stdout)).toEqual({
      word: 'old',
      input: [
        [1, 2],
        [3, 4],
      ],
    });
    expect(await json('invoke', 'words', '--body', '[1, 2]')).toEqual({
      variant: 'AllTraffic',
      contentType: 'application/json',
      body: '{"word":"old","input":[1,2]}',
    });
    const updated = await endpoints('update', 'words', '--model', 'new.tar.gz', ...script, '--wait');
    expect(updated).toMatchObject({
      code: 0,
      stdout: `words  InService\n${serve.url}/endpoints/words/invocations\nNext: sluice endpoints invoke words FILE\n`,
    });
    expect(await json('invoke', 'words', 'sample.json')).toMatchObject({
      body: '{"word":"new","input":{"a":1}}',
    });
    const broken = await endpoints(
      'update',
      'words',
      '--model',
      'new.tar.gz',
      '--script',
      'broken.ts',
      '--wait',
    );
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain("The endpoint 'words' goes on with what it had: The primary container");
    expect(broken.stderr).toContain('Error: this script is broken');
    expect((await json('invoke', 'words', 'sample.json'))['body']).toContain('"new"');
    const shown = await endpoints('show', 'words');
    expect(shown.stdout).toContain('EndpointStatus: InService');
    expect(shown.stdout).toContain(`InvocationUrl: ${serve.url}/endpoints/words/invocations`);
    expect(await json('delete', 'words')).toEqual({ deleted: ['words'] });
    expect(await json('ls')).toEqual({ endpoints: [] });
    const failed = ['--model', 'new.tar.gz', '--script', 'broken.ts', '--wait'];
    expect((await endpoints('create', 'dead', ...failed)).code).toBe(1);
    expect((await endpoints('invoke', 'dead', '--body', '1')).stderr).toContain(
      "EndpointFailed: The endpoint 'dead' has failed: The primary container",
    );
    await json('delete', 'dead');
  });

  test('shares its traffic among variants, scales them, and has many models in one', async () => {
    const scaled = ['--max-instances', '3', '--invocations-per-instance', '70'];
    const variants = ['--variant', 'a=old.tar.gz,weight=9', '--variant', 'b=new.tar.gz,weight=1'];
    await json('create', 'ab', ...variants, '--script', 'inference.ts', ...scaled);
    expect(await json('show', 'ab')).toMatchObject({
      ProductionVariants: [
        { VariantName: 'a', CurrentWeight: 9 },
        { VariantName: 'b', CurrentWeight: 1 },
      ],
      AutoScaling: [
        {
          variant: 'a',
          min: 1,
          max: 3,
          policies: [{ metric: 'SageMakerVariantInvocationsPerInstance', target: 70 }],
        },
        { variant: 'b', min: 1, max: 3 },
      ],
    });
    const chosen = await endpoints('invoke', 'ab', '--target-variant', 'b', '--body', '1');
    expect(chosen.stderr).toBe('variant b, application/json\n');
    expect(chosen.stdout).toContain('"new"');
    await sluice(['s3', 'mb', 's3://many'], { home });
    for (const file of ['old.tar.gz', 'new.tar.gz'])
      await sluice(['s3', 'cp', join(directory, file), `s3://many/models/${file}`], { home });
    const many = [
      '--mode',
      'MultiModel',
      '--model',
      's3://many/models/',
      '--script',
      'inference.ts',
      '--wait',
    ];
    await json('create', 'many', ...many);
    const answer = await json('invoke', 'many', '--target-model', 'new.tar.gz', '--body', '{}');
    expect(answer['body']).toContain('"new"');
    await json('delete', 'ab', 'many');
  });
});

describe('an endpoint of SageMaker, which another home reaches by its URL', () => {
  const call = (...args: string[]) =>
    sluice(['endpoints', ...args, '--platform', 'sagemaker'], {
      cwd: directory,
      home: join(directory, 'elsewhere'),
      environment: {
        AWS_ACCESS_KEY_ID: serve.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: serve.credentials.secretAccessKey,
      },
    });
  const answer = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, stdout, stderr } = await call(...args, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  test('is created, listed, invoked, updated, shown and deleted: model and code are brought there', {
    timeout: 300_000,
  }, async () => {
    await mkdir(join(directory, 'elsewhere'), { recursive: true });
    const configuration = { platforms: { sagemaker: { endpoint: serve.url } } };
    await writeFile(join(directory, 'elsewhere/config.yaml'), JSON.stringify(configuration));
    const script = ['--script', 'inference.ts', '--wait'];
    expect(await answer('create', 'far', '--model', 'old.tar.gz', ...script)).toMatchObject({
      name: 'far',
      status: 'InService',
    });
    // The server's own home has it.
    expect(await json('ls')).toMatchObject({ endpoints: [{ name: 'far', status: 'InService' }] });
    expect(await answer('ls')).toMatchObject({ endpoints: [{ name: 'far', status: 'InService' }] });
    expect((await answer('invoke', 'far', 'sample.json'))['body']).toBe('{"word":"old","input":{"a":1}}');
    await answer('update', 'far', '--model', 'new.tar.gz', ...script);
    expect((await answer('invoke', 'far', '--body', '[1]'))['body']).toBe('{"word":"new","input":[1]}');
    expect((await call('show', 'far')).stdout).toContain('EndpointStatus: InService');
    expect(await answer('delete', 'far')).toEqual({ deleted: ['far'] });
    const gone = await call('show', 'far');
    expect(gone).toMatchObject({ code: 1 });
    expect(gone.stderr).toContain(`EndpointNotFound: There is no endpoint 'far' at ${serve.url}`);
  });
});

describe('what cannot be is said', () => {
  test.each([
    ['no endpoint of the name', ['show', 'absent'], 1, "There is no endpoint 'absent' at http://127.0.0.1:"],
    [
      'an endpoint that is not there to update',
      ['update', 'absent', '--model', 'old.tar.gz'],
      1,
      "There is no endpoint 'absent'.",
    ],
    ['nothing to serve', ['create', 'x'], 2, '--model: there is nothing to serve.'],
    [
      'a model that is none',
      ['create', 'x', '--model', 'inference.ts'],
      2,
      "--model: expected a model.tar.gz, got 'inference.ts'.",
    ],
    [
      'a model that is not there',
      ['create', 'x', '--model', 'gone.tar.gz'],
      2,
      'gone.tar.gz does not exist.',
    ],
    [
      'a script that is not there',
      ['create', 'x', '--model', 'old.tar.gz', '--script', 'gone.ts'],
      2,
      "--script: there is no file 'gone.ts'.",
    ],
    [
      'a setting of a variant',
      ['create', 'x', '--variant', 'a=old.tar.gz,wait=1'],
      2,
      "--variant a: there is no setting 'wait'.",
    ],
    [
      'many models on this machine',
      ['create', 'x', '--mode', 'MultiModel', '--model', '.'],
      2,
      "--model: with --mode MultiModel expected an s3:// prefix, got '.'.",
    ],
    [
      'half of the scaling',
      ['create', 'x', '--model', 'old.tar.gz', '--max-instances', '2'],
      2,
      '--invocations-per-instance: auto-scaling needs it.',
    ],
    [
      'a name that is none',
      ['create', 'a_b', '--model', 'old.tar.gz'],
      2,
      "The endpoint's name: expected at most 63 letters",
    ],
    [
      'a platform without endpoints',
      ['ls', '--platform', 'batch'],
      2,
      "--platform: expected 'local' or one of sagemaker, kubernetes, coreweave, got 'batch'.",
    ],
    [
      'SageMaker, which is not enabled',
      ['ls', '--platform', 'sagemaker'],
      2,
      "--platform: 'sagemaker' is not enabled.",
    ],
    ['a server that does not answer', ['ls', '--server', 'http://127.0.0.1:9'], 1, 'ECONNREFUSED'],
  ])('%s', async (_what, args, code, message) => {
    const result = await endpoints(...args);
    expect(result.stderr).toContain(message);
    expect(result.code).toBe(code);
  });

  test('without a server, and what to do', async () => {
    const result = await sluice(['endpoints', 'ls'], { home: join(directory, 'other') });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('endpoints need one that goes on serving them.');
    expect(result.stderr).toContain('sluice serve');
  });
});
