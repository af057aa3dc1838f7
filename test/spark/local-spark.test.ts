// `npm run test:spark`: it downloads Spark once, and needs Java.
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import { type ProcessingTask, type SparkApplication } from '../../src/graph/index.ts';
import { createLocalPlatform, type JobStatus } from '../../src/platforms/index.ts';
import { executors, openJobs } from '../harness/jobs.ts';
import { activate } from '../harness/python.ts';
import { pythonWithSpark } from '../harness/spark.ts';

const fixtures = fileURLToPath(new URL('../fixtures/spark', import.meta.url));

let environment: string;
let directory: string;
beforeAll(async () => {
  environment = await pythonWithSpark();
  directory = await mkdtemp(join(tmpdir(), 'sluice-spark-'));
  await cp(fixtures, directory, { recursive: true });
  await writeFile(join(directory, 'data.csv'), 'name,value\na,1\nb,2\nc,4\n');
}, 900_000);
afterAll(() => rm(directory, { recursive: true }));

function sparkTask(
  entry: string,
  spark: SparkApplication,
  more: Partial<ProcessingTask> = {},
): ProcessingTask {
  const output = (name: string) => ({
    localPath: `/opt/ml/processing/output/${name}`,
    uploadMode: 'EndOfJob' as const,
  });
  return {
    type: 'processing',
    name: 'etl',
    interface: { inputs: {}, outputs: {} },
    framework: 'spark',
    instanceType: 'ml.m5.xlarge',
    instanceCount: 1,
    volumeSizeInGB: 30,
    script: { entry, directory, whole: true },
    environment: {},
    maxRuntimeInSeconds: 600,
    inputs: { raw: { localPath: '/opt/ml/processing/input/raw', inputMode: 'File' } },
    outputs: { scored: output('scored'), report: output('report') },
    propertyFiles: { facts: { outputName: 'report', path: 'report.json' } },
    spark,
    ...more,
  };
}

interface Ran {
  readonly status: JobStatus;
  readonly lines: readonly string[];
  readonly objects: readonly string[];
}

async function run(task: ProcessingTask, executor = executors[0]![1]): Promise<Ran> {
  using _ = activate(environment);
  await using fixture = await openJobs({ executor: executor() });
  const { jobs, store } = fixture;
  const platform = createLocalPlatform({ jobs, stores: { store: () => store }, account: DEFAULT_ACCOUNT });
  const raw = pathToFileURL(join(directory, 'data.csv')).href;
  const invocation = { task, inputs: task.inputs['raw'] ? { raw } : {}, jobName: 'etl' };
  const handle = await platform.submit(invocation, { idempotencyKey: 'etl' });
  let status: JobStatus | undefined;
  for await (const each of platform.watch(handle)) status = each;
  const lines = (await Array.fromAsync(platform.logs(handle))).map(({ message }) => message);
  const objects = await Array.fromAsync(store.list(fixture.bucket, { prefix: 'etl/output/scored/' }));
  return { status: status as JobStatus, lines, objects: objects.map(({ key }) => key) };
}

describe('Spark on this machine', () => {
  const etl = (more: Partial<ProcessingTask> = {}) =>
    sparkTask(
      'etl.py',
      { pyFiles: ['scoring.py'], files: ['weights.json'], conf: { 'spark.sql.shuffle.partitions': '3' } },
      {
        arguments: ['--input', '{input:raw}', '--output={output:scored}', '--report', '{output:report}'],
        ...more,
      },
    );

  test.each(executors)(
    'runs an application with its files, properties and places in the %s',
    async (_, executor) => {
      const { status, lines, objects } = await run(etl(), executor);
      expect({ ...status, lines }).toMatchObject({ phase: 'succeeded' });
      expect(objects).toContainEqual(expect.stringMatching(/part-00000-.*\.csv$/));
      expect(status.outputs['facts']).toEqual({ rows: 3, sum: 3.5, partitions: '3', master: 'local[*]' });
    },
  );

  test('runs the class of a jar, and tells how an application failed', async () => {
    const jars = join(environment, 'lib', await pythonName(), 'site-packages/pyspark/jars');
    const library = (await readdir(jars)).find((name) => name.startsWith('hive-common-')) as string;
    await cp(join(jars, library), join(directory, 'app.jar'));
    // A program that Spark brings: it prints its version.
    const jar = (className: string) =>
      sparkTask('app.jar', { className }, { inputs: {}, outputs: {}, propertyFiles: {} });
    const { status, lines } = await run(jar('org.apache.hive.common.util.HiveVersionInfo'));
    expect({ phase: status.phase, lines }).toMatchObject({ phase: 'succeeded' });
    expect(lines).toContainEqual(expect.stringMatching(/^Hive \d/));
    const failed = await run(jar('com.example.Nowhere'));
    expect(failed.status).toMatchObject({ phase: 'failed', fault: 'user' });
    expect(failed.lines.join('\n')).toContain('Failed to load class com.example.Nowhere');
    expect(failed.status.message).toContain('exit code: 101');
  });
}, 600_000);

async function pythonName(): Promise<string> {
  return (await readdir(join(environment, 'lib')))[0] as string;
}
