// `npm run test:spark`. SageMaker's Spark image, as its API is told of it, on a real `sluice serve`.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bundles } from '../../src/bundles/index.ts';
import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import type { ProcessingTask } from '../../src/graph/index.ts';
import { createDirectoryStore } from '../../src/objects/directory/create-directory-store.ts';
import { createSageMakerPlatform, type JobStatus } from '../../src/platforms/index.ts';
import { lastJson } from '../harness/pipelines.ts';
import { type RunningProgram, startSluice } from '../harness/sluice.ts';
import { pythonWithSpark } from '../harness/spark.ts';

const fixtures = fileURLToPath(new URL('../fixtures/spark', import.meta.url));

let directory: string;
let server: RunningProgram;
let url: string;
beforeAll(async () => {
  const python = await pythonWithSpark();
  directory = await mkdtemp(join(tmpdir(), 'sluice-spark-served-'));
  await cp(fixtures, directory, { recursive: true });
  await writeFile(join(directory, 'data.csv'), 'name,value\na,1\nb,2\nc,4\n');
  const environment = { PATH: [join(python, 'bin'), process.env['PATH']].join(delimiter) };
  const args = ['serve', '--port', '0', '--json', '--home', join(directory, 'served')];
  server = startSluice(args, { cwd: directory, environment });
  await server.printed(/"url"/);
  url = (lastJson(server.output()) as { url: string }).url;
}, 900_000);
afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

test('SageMaker’s Spark image runs the same task on two hosts: the first writes for both', async () => {
  const home = createDirectoryStore(join(directory, 'home'));
  const stores = { store: () => home };
  const platform = createSageMakerPlatform({
    settings: { sagemaker: { endpoint: url, region: 'us-east-1' } },
    stores,
    bundles: new Bundles({ stores, account: DEFAULT_ACCOUNT }),
    account: DEFAULT_ACCOUNT,
    environment: {},
  });
  const output = (name: string) => ({
    localPath: `/opt/ml/processing/output/${name}`,
    uploadMode: 'EndOfJob' as const,
  });
  const task: ProcessingTask = {
    type: 'processing',
    name: 'etl',
    interface: { inputs: {}, outputs: {} },
    framework: 'spark',
    instanceType: 'ml.m5.xlarge',
    instanceCount: 2,
    volumeSizeInGB: 30,
    script: { entry: 'etl.py', directory, whole: false, others: ['scoring.py', 'weights.json'] },
    arguments: ['--input', '{input:raw}', '--output', '{output:scored}', '--report={output:report}'],
    environment: {},
    maxRuntimeInSeconds: 600,
    inputs: { raw: { localPath: '/opt/ml/processing/input/raw', inputMode: 'File' } },
    outputs: { scored: output('scored'), report: output('report') },
    propertyFiles: { facts: { outputName: 'report', path: 'report.json' } },
    spark: {
      pyFiles: ['scoring.py'],
      files: ['weights.json'],
      conf: { 'spark.sql.shuffle.partitions': '5' },
    },
  };
  const raw = pathToFileURL(join(directory, 'data.csv')).href;
  const handle = await platform.submit({ task, inputs: { raw }, jobName: 'etl' }, { idempotencyKey: 'etl' });
  let status: JobStatus | undefined;
  for await (const each of platform.watch(handle)) status = each;
  const lines = (await Array.fromAsync(platform.logs(handle))).map(({ message }) => message);
  await platform.detach();
  expect({ ...status, lines }).toMatchObject({
    phase: 'succeeded',
    outputs: { facts: { rows: 3, sum: 3.5, partitions: '5', master: 'local[*]' } },
  });
  expect(lines.join('\n')).toContain('the first host runs the application.');
}, 600_000);
