import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { removeTree } from '../../src/core/tree/index.ts';
import { readLiteral } from '../../src/flyte/connector/literals/read-literal.ts';
import { writeLiterals } from '../../src/flyte/connector/literals/write-literal.ts';
import type { Literal } from '../../src/flyte/connector/messages.ts';
import { loadFlyteidl2 } from '../../src/flyte/protos/index.ts';
import { FakeFlyteAdmin } from '../harness/flyte-admin.ts';
import { call } from '../harness/flyte-client.ts';
import { startConnector } from '../harness/flyte-connector.ts';
import { type Flyte2Runs, startFlyte2Runs } from '../harness/flyte2-runs.ts';
import { sluice } from '../harness/sluice.ts';

const PIPELINE = `
import { processingTask, integer, uri, workflow } from 'sluice';
const steps = { sourceDir: './steps', instanceType: 'ml.m5.large' };
const count = processingTask('count', { ...steps, script: 'count.js', inputs: ['raw'], outputs: ['out'] });
export const counting = workflow('counting', { inputs: { raw: uri(), depth: integer({ default: 5 }) } }, ({ raw }) => ({ out: count({ raw }).out }));
export const twice = workflow('twice', { inputs: { raw: uri() } }, ({ raw }) => ({ out: count({ raw: count({ raw }, { name: 'first' }).out }).out }));
`;

let fake: FakeFlyteAdmin;
let home: string;
beforeAll(async () => {
  fake = await FakeFlyteAdmin.start();
  home = await mkdtemp(join(tmpdir(), 'cli-flyte-'));
  await writeFile(join(home, 'pipeline.ts'), PIPELINE);
  await mkdir(join(home, 'steps'));
  await writeFile(join(home, 'steps', 'count.js'), 'console.log(1);\n');
});
afterAll(async () => {
  await fake[Symbol.asyncDispose]();
  await removeTree(home);
});
beforeEach(() => {
  fake.onCall = () => undefined;
  fake.nodes = [];
});

const flyte = (command: string, ...rest: string[]) =>
  sluice(['flyte', command, ...rest, '--endpoint', fake.endpoint, '--insecure'], { home, cwd: home });

describe('sluice flyte register', () => {
  test('registers the workflows of a file with their code, and tells what it does', async () => {
    const first = await flyte('register', 'pipeline.ts', '--json');
    expect(first.stderr).toMatch(
      /Uploading code sha256:\w+ \(\d+ bytes\)\nRegistering counting \w{20} in flytesnacks\/development: 1 tasks/,
    );
    const { registered } = JSON.parse(first.stdout) as {
      registered: { workflow: string; version: string; entities: object[] }[];
    };
    expect(registered.map(({ workflow }) => workflow)).toEqual(['counting', 'twice']);
    expect(registered[0]?.entities).toEqual([
      { type: 'TASK', name: 'counting.count', outcome: 'created' },
      { type: 'WORKFLOW', name: 'counting', outcome: 'created' },
      { type: 'LAUNCH_PLAN', name: 'counting', outcome: 'created' },
    ]);
    const [task] = fake.registered('TASK');
    expect(JSON.stringify(task)).toContain([...fake.uploads.keys()][0]);

    const again = await flyte('register', 'pipeline.ts', '--workflow', 'counting');
    expect(again.stdout).toBe(
      `counting ${registered[0]?.version} is registered in flytesnacks/development (0 created, 3 were there).\n`,
    );
  });

  test('under a version that is taken says to take another', async () => {
    const register = (...more: string[]) =>
      flyte('register', 'pipeline.ts', '--workflow', 'twice', '--version', '1.0', ...more);
    expect((await register()).code).toBe(0);
    const taken = await register('--default', 'raw=s3://b/raw/');
    expect(taken.code).toBe(1);
    expect(taken.stderr).toContain(
      "WorkflowVersionTaken: Launch plan 'twice' is registered with another content under version '1.0'",
    );
    expect(taken.stderr).toContain('--version NEXT');
  });

  test('with --dry-run writes what pyflyte package writes, and asks nobody', async () => {
    const dry = (...more: string[]) =>
      sluice(['flyte', 'register', 'pipeline.ts', '--dry-run', 'package', ...more], { home, cwd: home });
    expect((await dry('--workflow', 'twice')).stdout).toBe(
      ['0_twice.count_1.pb', '1_twice_2.pb', '2_twice_3.pb'].map((name) => `package/${name}\n`).join(''),
    );
    await dry('--workflow', 'counting', '--pipeline');
    expect(await readdir(join(home, 'package'))).toEqual([
      '0_counting.pipeline_1.pb',
      '1_counting_2.pb',
      '2_counting_3.pb',
    ]);
    await writeFile(join(home, 'package', 'notes.txt'), 'mine');
    const foreign = await dry('--workflow', 'twice');
    expect(foreign.stderr).toContain("'package' holds something else than a package: notes.txt");
  });

  test.each([
    [['--launch-plan', 'nightly'], '--launch-plan is of one workflow, and there are 2: counting, twice'],
    [['--workflow', 'thrice'], "there is no workflow 'thrice'"],
    [['--workflow', 'counting', '--fixed', 'depth=deep'], '--fixed depth: expected an integer'],
  ])('with %j says what is wrong', async (options, message) => {
    const { code, stderr } = await flyte('register', 'pipeline.ts', ...options);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
  });
});

describe('an execution', () => {
  const names = () => [...fake.executions.keys()];

  test('is launched with its inputs, watched, and tells its outputs', async () => {
    let asked = 0;
    fake.onCall = (method) => {
      if (method !== 'GetExecution') return;
      const [execution] = fake.executions.values();
      const phase = ['QUEUED', 'RUNNING', 'SUCCEEDED'][asked++] ?? 'SUCCEEDED';
      execution.closure = { phase };
      fake.nodes = ['start-node', 'count', 'end-node'].map((nodeId) => ({
        id: { nodeId },
        closure: { phase },
      }));
    };
    fake.outputs = writeLiterals({ out: 's3://b/out' }, { out: { simple: 'STRING' } }, 'msgpack');
    const ran = await flyte(
      'run',
      'pipeline.ts',
      'counting',
      '--input',
      'raw=s3://b/raw/',
      '--watch',
      '--name',
      'first',
    );
    expect(ran.stderr).not.toContain('error');
    const lines = ran.stdout
      .replaceAll(/^\d\d:\d\d:\d\d {2}/gm, '')
      .trim()
      .split('\n');
    expect(lines).toEqual([
      `http://${fake.endpoint}/console/projects/flytesnacks/domains/development/executions/first`,
      '  count  QUEUED',
      'first  QUEUED',
      '  count  RUNNING',
      'first  RUNNING',
      '  count  SUCCEEDED',
      'first  SUCCEEDED',
      'out = s3://b/out',
    ]);
    expect(ran.code).toBe(0);
    expect(fake.executions.get('first').inputs.literals).toMatchObject({
      raw: { scalar: { primitive: { stringValue: 's3://b/raw/' } } },
    });
  });

  test('that has failed says why, and where to look', async () => {
    fake.executions.set('failed', {
      closure: { phase: 'FAILED', error: { code: 'RetriesExhausted|JobFailed', message: 'exit code 1' } },
    });
    const watched = await flyte('watch', 'flytesnacks/development/failed');
    expect(watched.code).toBe(1);
    expect(watched.stderr).toBe(
      'error RunFailed: Execution failed has failed (RetriesExhausted|JobFailed): exit code 1\n→ Look at its attempts: sluice flyte logs failed\n',
    );
  });

  test('shows where the logs of each attempt are', async () => {
    fake.nodes = [{ id: { nodeId: 'count' }, closure: { phase: 'FAILED' } }];
    fake.attempts = {
      count: [
        {
          id: { retryAttempt: 1 },
          closure: { phase: 'FAILED', error: { code: 'JobFailed', message: 'exit code 1' } },
        },
        {
          id: { retryAttempt: 0 },
          closure: { phase: 'ABORTED', logs: [{ name: 'log', uri: 'https://logs/1' }] },
        },
        { id: { retryAttempt: 2 }, closure: { phase: 'RUNNING' } },
      ],
    };
    expect((await flyte('logs', 'f1')).stdout).toBe(
      [
        'count  FAILED',
        '  attempt 1  ABORTED',
        '    log  https://logs/1',
        '  attempt 2  FAILED',
        '    JobFailed: exit code 1',
        '  attempt 3  RUNNING\n',
      ].join('\n'),
    );
  });

  test('shows the text of the logs that a server of Sluice has, and of that server alone', async () => {
    const lines = ['epoch 1', 'epoch 2', 'epoch 3'].map((message) => ({
      message,
      timestamp: '',
      cursor: '',
    }));
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const found = request.url?.startsWith('/_sluice/v1/runs/r1/nodes/job/logs');
      response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(found ? { lines } : { code: 'RunNotFound', message: 'no such run' }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const link = (run: string) => ({
      name: 'local',
      uri: `http://elsewhere/_sluice/v1/runs/${run}/nodes/job/logs`,
    });
    fake.nodes = [{ id: { nodeId: 'count' }, closure: { phase: 'RUNNING' } }];
    fake.attempts = {
      count: [
        {
          closure: { phase: 'FAILED', logs: [link('gone'), { name: 'log', uri: 'http://elsewhere/steal' }] },
        },
        { id: { retryAttempt: 1 }, closure: { phase: 'RUNNING', logs: [link('r1')] } },
      ],
    };
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { stdout } = await flyte('logs', 'f1', '--server', url, '--lines', '2');
    expect(stdout).toContain(`    │ (${url} does not have the rest: `);
    expect(stdout).toContain('    │ epoch 2\n    │ epoch 3\n');
    expect(stdout).not.toContain('epoch 1');
    expect(asked).toHaveLength(2);
    server.closeAllConnections();
    server.close();
  });

  test('is aborted with a reason, once', async () => {
    fake.executions.set('f2', { closure: { phase: 'RUNNING' } });
    const address =
      'https://flyte/console/projects/flytesnacks/domains/development/executions/f2?duration=all';
    const aborted = await flyte('abort', address, '--reason', 'wrong data');
    expect(aborted.stdout).toBe('f2 is ABORTED.\n');
    expect(fake.executions.get('f2').closure.abortMetadata.cause).toBe('wrong data');
    expect((await flyte('abort', 'f2')).stdout).toBe('f2 is ABORTED.\n');
    expect(fake.executions.get('f2').closure.abortMetadata.cause).toBe('wrong data');
  });

  test.each([
    [['watch', 'A/b'], 'execution: expected its name, project/domain/name or its address'],
    [['run', 'pipeline.ts', 'counting'], "Workflow 'counting' needs a value for: raw."],
    [['run', 'pipeline.ts'], "'pipeline.ts' exports 2 workflows."],
  ])('(%j) that cannot be is told', async ([command = '', ...rest], message) => {
    const before = names();
    const { code, stderr } = await flyte(command, ...rest);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
    expect(names()).toEqual(before);
  });
});

describe('sluice flyte run --flyte2', () => {
  let runs: Flyte2Runs;
  beforeAll(async () => {
    runs = await startFlyte2Runs();
  });
  afterAll(() => runs[Symbol.asyncDispose]());

  const run = (...rest: string[]) =>
    sluice(['flyte', 'run', 'pipeline.ts', ...rest, '--flyte2', '--endpoint', runs.endpoint, '--insecure'], {
      home,
      cwd: home,
    });

  test('begins a step as a task of its type, with its code and defaults, which the connector runs', async () => {
    const { stdout, stderr } = await run('counting', '--input', 'raw=s3://data/words/', '--json');
    expect(stderr).toBe('');
    const { name } = JSON.parse(stdout) as { name: string };
    expect(JSON.parse(stdout)).toMatchObject({
      project: 'flytesnacks',
      url: `http://${runs.endpoint}/v2/domain/development/project/flytesnacks/runs/${name}`,
    });
    const { taskSpec, inputs } = runs.created[0];
    expect(taskSpec).toMatchObject({ shortName: 'counting', taskTemplate: { type: 'sluice_processing' } });
    const values = Object.fromEntries(
      inputs.literals.map((each: { name: string; value: Literal }) => [
        each.name,
        readLiteral(each.value, each.name),
      ]),
    );
    expect(values).toEqual({ raw: 's3://data/words/', depth: 5 });

    await using connector = await startConnector();
    const { stores } = connector.home;
    await stores.store('data').createBucket('data');
    await stores.store('data').put('data', 'words/a.txt', Buffer.from('one'));
    const { flyteidl2 } = loadPackageDefinition(loadFlyteidl2()) as unknown as {
      flyteidl2: { connector: { AsyncConnectorService: new (address: string, secure: unknown) => Client } };
    };
    const tasks = new flyteidl2.connector.AsyncConnectorService(
      `127.0.0.1:${connector.port}`,
      credentials.createInsecure(),
    );
    const request = { template: taskSpec.taskTemplate, inputs, outputPrefix: 's3://flyte2/out' };
    const { resourceMeta } = await call<{ resourceMeta: Buffer }>(tasks, 'createTask', request);
    const resource = async () =>
      (
        await call<{ resource: { phase: string; message?: string; outputs?: object } }>(tasks, 'getTask', {
          resourceMeta,
        })
      ).resource;
    await expect.poll(async () => (await resource()).phase, { timeout: 120_000 }).toMatch(/SUCCEEDED|FAILED/);
    expect(await resource()).toMatchObject({ phase: 'SUCCEEDED', outputs: { literals: [{ name: 'out' }] } });
    tasks.close();
  });

  test('begins a workflow of several steps as one sluice_pipeline, once for a name', async () => {
    const asked = ['twice', '--input', 'raw=s3://data/words/', '--name', 'mine'];
    expect((await run(...asked)).stdout).toContain('mine\n');
    expect((await run(...asked)).stdout).toContain('mine\n');
    expect(runs.created.filter(({ runId }) => runId?.name === 'mine')).toMatchObject([
      { taskSpec: { taskTemplate: { type: 'sluice_pipeline' } } },
    ]);
  });

  test('says what is missing, and that it shows no nodes', async () => {
    expect((await run('counting')).stderr).toContain("Workflow 'counting' needs a value for: raw.");
    expect((await run('counting', '--input', 'raw=s3://data/', '--watch')).stderr).toContain('--watch');
  });
});
