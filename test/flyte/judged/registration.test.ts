import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { FakeFlyteAdmin } from '../../harness/flyte-admin.ts';
import { type ConnectorFixture, startConnector } from '../../harness/flyte-connector.ts';
import { writeFiles } from '../../harness/pipelines.ts';
import { sluice } from '../../harness/sluice.ts';
import { type ServeFixture, startServe } from '../../harness/sluice-serve.ts';
import { packageOf } from './admin-package.ts';
import { type Judged, judge } from './judge.ts';
import { warmUp } from './warm-up.ts';

const files = {
  'package.json': '{"type":"module"}',
  'steps/count.mjs': `
    import { readFileSync, writeFileSync } from 'node:fs';
    const [, , input, output] = process.argv;
    const words = readFileSync(input + '/words.txt', 'utf8').split(/\\s+/).filter(Boolean);
    writeFileSync(output + '/count.txt', String(words.length));`,
  'steps/train.mjs': `
    import { readFileSync, writeFileSync } from 'node:fs';
    const count = Number(readFileSync(process.env.SM_CHANNEL_TRAIN + '/count.txt', 'utf8'));
    writeFileSync(process.env.SM_MODEL_DIR + '/model.json', JSON.stringify({ count }));
    console.log('loss=' + 1 / count + ';');`,
  'steps/inference.mjs': `
    import { readFileSync } from 'node:fs';
    export const modelFn = (directory) => JSON.parse(readFileSync(directory + '/model.json', 'utf8'));
    export const predictFn = (input, { count }) => ({ count, input });`,
  'pipeline.ts': `
    import { batchTransformTask, endpointTask, float, integer, processingTask, trainingTask, uri, workflow } from 'sluice';
    const common = { instanceType: 'ml.m5.large' };
    const count = processingTask('count', { ...common, script: 'steps/count.mjs', inputs: ['words'], outputs: ['counts'], arguments: ['/opt/ml/processing/input/words', '/opt/ml/processing/output/counts'] });
    const train = trainingTask('train', {
      ...common,
      script: 'steps/train.mjs',
      channels: ['train'],
      metricDefinitions: [{ Name: 'loss', Regex: 'loss=(.*?);' }],
      retries: 1,
    });
    const score = batchTransformTask('score', { ...common, script: 'steps/inference.mjs', contentType: 'application/json' });
    const live = endpointTask('live', { ...common, script: 'steps/inference.mjs' });
    export default workflow('words', { inputs: { words: uri(), requests: uri(), epochs: integer({ default: 2 }) } }, ({ words, requests, epochs }) => {
      const { counts } = count({ words });
      const { model, metrics } = train({ train: counts, hyperparameters: { epochs } });
      return { scored: score({ model, input: requests }).output, endpoint: live({ model }).endpointName, loss: metrics.loss };
    });`,
};

let directory: string;
let serve: ServeFixture;
let connector: ConnectorFixture;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'registered-'));
  await writeFiles(directory, files);
  const home = join(directory, 'home');
  serve = await startServe(home);
  await serve.s3.send(new CreateBucketCommand({ Bucket: 'data' }));
  await serve.s3.send(
    new PutObjectCommand({ Bucket: 'data', Key: 'words/words.txt', Body: 'one two three' }),
  );
  await serve.s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'requests/a.json', Body: '[1]' }));
  connector = await startConnector({ directory: home });
  await warmUp(connector.client);
}, 300_000);
afterAll(async () => {
  await connector?.[Symbol.asyncDispose]();
  await serve?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** Registers the workflow into a package, and runs it. */
async function registered(name: string, ...options: string[]): Promise<Judged> {
  const into = join(directory, name);
  const result = await sluice(['flyte', 'register', 'pipeline.ts', '--dry-run', into, ...options], {
    cwd: directory,
  });
  if (result.code !== 0) throw new Error(result.stderr);
  return judge({
    workflow: 'words',
    directory: into,
    port: connector.port,
    inputs: { words: 's3://data/words/', requests: 's3://data/requests/', epochs: 2 },
  });
}

test('what FlyteAdmin is given, Propeller’s compiler takes', { timeout: 300_000 }, async ({ expect }) => {
  await using fake = await FakeFlyteAdmin.start();
  const endpoint = [
    '--endpoint',
    `127.0.0.1:${fake.port}`,
    '--insecure',
    '--project',
    'flytesnacks',
    '--domain',
    'development',
  ];
  const result = await sluice(['flyte', 'register', 'pipeline.ts', ...endpoint], { cwd: directory });
  expect(result).toMatchObject({ code: 0, stderr: expect.stringContaining('Uploading code') });
  const options = ['-compile', '-pkg', await packageOf(fake, directory), '-workflow', 'words'];
  const { stdout } = await promisify(execFile)(process.env['SLUICE_TEST_FLYTE'] ?? '', options);
  expect(JSON.parse(stdout)).toMatchObject({ event: 'compiled', nodes: expect.any(Number) });
});

describe.concurrent('a workflow of TypeScript, under Propeller', { timeout: 400_000 }, () => {
  test('runs as a node for each step, with the code that its package brings', async ({ expect }) => {
    const judged = await registered('package');
    expect(judged).toMatchObject({
      error: undefined,
      phase: 'Succeeded',
      outputs: {
        scored: { scalar: { primitive: { stringValue: expect.stringMatching(/^s3:/) } } },
        endpoint: { scalar: { primitive: { stringValue: 'live' } } },
      },
    });
    expect(new Set(judged.tasks.map(({ node }) => node)).size).toBe(4);
  });

  test('runs as one task of a whole graph', async ({ expect }) => {
    const judged = await registered('pipeline', '--pipeline');
    expect(judged).toMatchObject({ error: undefined, phase: 'Succeeded' });
    expect(new Set(judged.tasks.map(({ node }) => node)).size).toBe(1);
  });
});
