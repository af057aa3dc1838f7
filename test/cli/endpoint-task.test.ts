import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeFiles } from '../harness/pipelines.ts';
import { sluice } from '../harness/sluice.ts';
import { type ServeFixture, startServe } from '../harness/sluice-serve.ts';

const files = {
  'pipeline.ts': `
    import { endpointTask, string, task, trainingTask, workflow } from 'sluice';
    const train = trainingTask('train', { script: 'train.ts', instanceType: 'ml.m5.large' });
    const deploy = endpointTask('words', {
      script: 'inference.ts',
      instanceType: 'ml.m5.large',
      environment: { BROKEN: process.env.BROKEN ?? '' },
      scaling: { minInstanceCount: 1, maxInstanceCount: 2, invocationsPerInstance: 70 },
    });
    const ask = task(
      'ask',
      { inputs: { url: string() }, outputs: { answer: string() } },
      async ({ url }) => {
        const headers = { 'content-type': 'application/json' };
        const response = await fetch(url, { method: 'POST', headers, body: '[1]' });
        return { answer: await response.text() };
      },
    );
    export default workflow('served', { inputs: { word: string({ default: 'first' }) } }, ({ word }) => {
      const { model } = train({ hyperparameters: { word } });
      const endpoint = deploy({ model });
      return { name: endpoint.endpointName, answer: ask({ url: endpoint.url }).answer };
    });`,
  'remote.ts': `
    import { endpointTask, trainingTask, workflow } from 'sluice';
    const train = trainingTask('train', { script: 'train.ts', instanceType: 'ml.m5.large' });
    const common = { script: 'inference.ts', instanceType: 'ml.m5.large' };
    const deploy = endpointTask('ab', { ...common, variants: { old: { weight: 9 }, new: { weight: 1 } } });
    export default workflow('served-there', { inputs: {} }, () => {
      const first = train({ hyperparameters: { word: 'old' } }, { name: 'train-old' });
      const second = train({ hyperparameters: { word: 'new' } }, { name: 'train-new' });
      return { url: deploy({ old: first.model, new: second.model }).url };
    });`,
  'train.ts': `
    import { writeFileSync } from 'node:fs';
    writeFileSync(process.env.SM_MODEL_DIR + '/word.txt', JSON.parse(process.env.SM_HPS ?? '{}').word);`,
  'inference.ts': `
    import { readFileSync } from 'node:fs';
    if (process.env.BROKEN) throw new Error('this model does not load');
    export const modelFn = (directory: string) => readFileSync(directory + '/word.txt', 'utf8');
    export const predictFn = (input: unknown, word: string) => ({ word, input });`,
};

let directory: string;
let home: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-endpoint-task-'));
  home = join(directory, 'home');
  await writeFiles(directory, files);
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const run = (args: string[], environment: Readonly<Record<string, string>> = {}, file = 'pipeline.ts') =>
  sluice(['run', file, '--json', ...args], { cwd: directory, home, environment });

interface Report {
  readonly phase: string;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly nodes: readonly { readonly id: string; readonly jobName?: string; readonly error?: object }[];
}

function report(stdout: string): Report {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
}

test('without a server a run is refused before anything of it starts', async () => {
  const { code, stderr, stdout } = await run(['--executor', 'process']);
  expect(code).toBe(1);
  expect(stderr).toContain('endpoints need one that goes on serving them.');
  expect(stderr).toContain('sluice serve');
  expect(stdout).not.toContain('train');
});

test('the server of the home serves what a run has trained; the next run updates it; one that fails leaves it', {
  timeout: 240_000,
}, async () => {
  const serve: ServeFixture = await startServe(home, ['--executor', 'process']);
  try {
    const first = await run(['--executor', 'process']);
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    expect(report(first.stdout)).toMatchObject({
      outputs: { name: 'words', answer: '{"word":"first","input":[1]}' },
    });
    const second = await run(['--executor', 'process', '--input', 'word=second']);
    expect(report(second.stdout).outputs['answer']).toBe('{"word":"second","input":[1]}');
    const shown = await sluice(['endpoints', 'show', 'words', '--json'], { home });
    expect(JSON.parse(shown.stdout)).toMatchObject({
      EndpointStatus: 'InService',
      AutoScaling: [{ variant: 'AllTraffic', min: 1, max: 2 }],
    });
    const third = await run(['--executor', 'process', '--input', 'word=third'], { BROKEN: 'yes' });
    expect(third.code).toBe(1);
    const failed = report(third.stdout);
    const node = failed.nodes.find(({ id }) => id === 'words');
    expect(node?.error).toMatchObject({
      message: expect.stringContaining('did not pass the ping health check') as string,
    });
    const invoked = await sluice(['endpoints', 'invoke', 'words', '--body', '[2]'], { home });
    expect(invoked.stdout).toBe('{"word":"second","input":[2]}');
    const there = join(directory, 'elsewhere');
    await mkdir(there);
    const configuration = { platforms: { sagemaker: { endpoint: serve.url, region: 'us-east-1' } } };
    await writeFile(join(there, 'config.yaml'), JSON.stringify(configuration));
    const cloud = { cwd: directory, home: there, environment: { AWS_EC2_METADATA_DISABLED: 'true' } };
    const sent = await sluice(['run', 'remote.ts', '--json', '--platform', 'sagemaker', '--yes'], cloud);
    expect({ code: sent.code, stderr: sent.stderr }).toEqual({ code: 0, stderr: '' });
    const url = `${serve.url}/endpoints/ab/invocations`;
    expect(report(sent.stdout).outputs['url']).toBe(url);
    const listed = await sluice(['endpoints', 'ls', '--platform', 'sagemaker', '--json'], cloud);
    expect(JSON.parse(listed.stdout)).toMatchObject({ endpoints: [{ name: 'ab' }, { name: 'words' }] });
    const remote = await run(['--server', serve.url], {}, 'remote.ts');
    expect({ code: remote.code, stderr: remote.stderr }).toEqual({ code: 0, stderr: '' });
    expect(report(remote.stdout).outputs['url']).toBe(url);
    const chosen = ['endpoints', 'invoke', 'ab', '--target-variant', 'new', '--body', '[3]'];
    expect((await sluice(chosen, { home })).stdout).toBe('{"word":"new","input":[3]}');
  } finally {
    await serve[Symbol.asyncDispose]();
  }
});
