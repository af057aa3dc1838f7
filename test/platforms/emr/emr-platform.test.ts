import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Bundles } from '../../../src/bundles/index.ts';
import { DEFAULT_ACCOUNT } from '../../../src/core/account.ts';
import type { EmrSettings } from '../../../src/core/platforms-settings.ts';
import type { ProcessingTask } from '../../../src/graph/index.ts';
import { createDirectoryStore } from '../../../src/objects/directory/create-directory-store.ts';
import { parseS3Uri } from '../../../src/objects/s3-uri.ts';
import { createEmrPlatform, type JobStatus, type Platform } from '../../../src/platforms/index.ts';
import {
  APPLICATION,
  CLUSTER,
  type EmrServer,
  type KeptJob,
  now,
  startEmr,
} from '../../harness/emr-server.ts';

const ROLE = 'arn:aws:iam::123456789012:role/EmrJobs';
const BUCKET = 'sagemaker-us-east-1-123456789012';

let emr: EmrServer;
let directory: string;
const opened: Platform[] = [];
beforeEach(async () => {
  emr = await startEmr();
  directory = await mkdtemp(join(tmpdir(), 'sluice-emr-'));
  await writeFile(join(directory, 'etl.py'), 'import scoring');
  await writeFile(join(directory, 'scoring.py'), '');
  await writeFile(join(directory, 'data.csv'), 'a,b\n1,2\n');
  await emr.s3.store.createBucket(BUCKET);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((platform) => platform.detach()));
  await emr[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

function open(
  settings: Partial<EmrSettings> = { applicationId: APPLICATION, executionRole: ROLE },
): Platform {
  const home = createDirectoryStore(join(directory, 'home'));
  const stores = { store: () => home };
  const platform = createEmrPlatform({
    settings: { emr: { endpoint: emr.url, region: 'us-east-1', ...settings } },
    stores,
    bundles: new Bundles({ stores, account: DEFAULT_ACCOUNT }),
    account: DEFAULT_ACCOUNT,
    environment: {},
    times: { firstMs: 10, longestMs: 50, pauseMs: 50 },
  });
  opened.push(platform);
  return platform;
}

function task(more: Partial<ProcessingTask> = {}): ProcessingTask {
  return {
    type: 'processing',
    name: 'etl',
    interface: { inputs: {}, outputs: {} },
    framework: 'spark',
    instanceType: 'ml.m5.xlarge',
    instanceCount: 1,
    volumeSizeInGB: 30,
    script: { entry: 'etl.py', directory, whole: false, others: ['scoring.py'] },
    arguments: ['--from', '{input:raw}', '--to={output:clean}'],
    environment: { MODE: 'fast' },
    maxRuntimeInSeconds: 3600,
    inputs: { raw: { localPath: '/opt/ml/processing/input/raw', inputMode: 'File' } },
    outputs: { clean: { localPath: '/opt/ml/processing/output/clean', uploadMode: 'EndOfJob' } },
    propertyFiles: { facts: { outputName: 'clean', path: 'facts.json' } },
    spark: { conf: { 'spark.executor.memory': '2g' }, jars: ['s3://jars/a.jar'] },
    ...more,
  };
}

const invocation = (more: Partial<ProcessingTask> = {}) => ({
  task: task(more),
  inputs: { raw: 's3://data/raw/' },
  jobName: 'run-1-etl-1',
  outputUri: `s3://${BUCKET}/run-1/etl`,
});

const submit = (platform: Platform, key = 'run-1/etl/1', more: Partial<ProcessingTask> = {}) =>
  platform.submit(invocation(more), { idempotencyKey: key });

const onlyJob = () => [...emr.jobs.values()][0] as KeptJob;

async function put(uri: string, body: string | Buffer): Promise<void> {
  const { bucket, key } = parseS3Uri(uri);
  if (!(await emr.s3.store.bucketExists(bucket))) await emr.s3.store.createBucket(bucket);
  await emr.s3.store.put(bucket, key, body);
}

async function statuses(platform: Platform, handle: Parameters<Platform['watch']>[0], steps: (() => void)[]) {
  const seen: JobStatus[] = [];
  for await (const status of platform.watch(handle)) {
    seen.push(status);
    steps.shift()?.();
  }
  return seen;
}

describe('EMR Serverless', () => {
  test('is given the application with its places, properties, variables and role', async () => {
    const handle = await submit(open());
    const { id, request } = onlyJob();
    expect(handle).toEqual({
      platform: 'emr',
      jobType: 'processing',
      jobName: 'run-1-etl-1',
      ref: `serverless/${APPLICATION}/${id}`,
    });
    const { sparkSubmit } = request['jobDriver'] as { sparkSubmit: Record<string, unknown> };
    const base = `s3://${BUCKET}/run-1/etl/run-1-etl-1`;
    expect(sparkSubmit['entryPoint']).toMatch(/^s3:\/\/.*\/sluice\/code\/[0-9a-f]{64}\/etl\.py$/);
    expect(sparkSubmit['entryPointArguments']).toEqual([
      '--from',
      's3://data/raw/',
      `--to=${base}/output/clean`,
    ]);
    const code = String(sparkSubmit['entryPoint']).replace(/etl\.py$/, '');
    expect(request).toMatchObject({
      name: 'run-1-etl-1',
      executionRoleArn: ROLE,
      executionTimeoutMinutes: 60,
      configurationOverrides: {
        applicationConfiguration: [
          {
            classification: 'spark-defaults',
            properties: {
              'spark.executor.memory': '2g',
              'spark.jars': 's3://jars/a.jar',
              'spark.submit.pyFiles': `${code}scoring.py`,
              'spark.emr-serverless.driverEnv.MODE': 'fast',
              'spark.executorEnv.MODE': 'fast',
              'spark.sluice.job': `${base}/job.json`,
            },
          },
        ],
        monitoringConfiguration: { s3MonitoringConfiguration: { logUri: `s3://${BUCKET}/logs/` } },
      },
    });
    expect(request['clientToken']).toMatch(/^[0-9a-f]{64}$/);
    const { key } = parseS3Uri(`${code}scoring.py`);
    expect(await emr.s3.store.head(BUCKET, key)).toMatchObject({ size: 0 });
  });

  test('tells each state, and at the end outputs, property files and what was billed', async () => {
    const platform = open();
    const handle = await submit(platform);
    const job = onlyJob();
    const move = (change: Partial<KeptJob>) => () => void Object.assign(job, change);
    await put(`s3://${BUCKET}/run-1/etl/run-1-etl-1/output/clean/facts.json`, '{"rows":3}');
    const seen = await statuses(platform, handle, [
      move({ state: 'QUEUED' }),
      move({ state: 'SCHEDULED' }),
      move({ state: 'RUNNING', startedAt: now() }),
      move({ state: 'SUCCESS', endedAt: now() + 60, billedCpuHours: 0.5 }),
    ]);
    expect(seen.map(({ phase, status, secondaryStatus }) => [phase, status, secondaryStatus])).toEqual([
      ['queued', 'InProgress', 'SUBMITTED'],
      ['queued', 'InProgress', 'QUEUED'],
      ['initializing', 'InProgress', 'SCHEDULED'],
      ['running', 'InProgress', 'RUNNING'],
      ['succeeded', 'Completed', 'SUCCESS'],
    ]);
    // Half an hour of a vCPU is 450 s of four.
    expect(seen.at(-1)).toMatchObject({
      billableSeconds: 450,
      outputs: { clean: `s3://${BUCKET}/run-1/etl/run-1-etl-1/output/clean`, facts: { rows: 3 } },
    });
    expect(await open().status(handle)).toEqual(seen.at(-1));
  });

  test('fails with the reason, the end of the log, and the exception that it tells', async () => {
    const platform = open();
    const handle = await submit(platform);
    const logs = `s3://${BUCKET}/logs/applications/${APPLICATION}/jobs/${onlyJob().id}/SPARK_DRIVER`;
    await put(`${logs}/stderr.gz`, gzipSync('Traceback (most recent call last):\nValueError: no rows\n'));
    Object.assign(onlyJob(), { state: 'FAILED', reason: 'Job failed, exit code 1.', endedAt: now() });
    expect(await platform.status(handle)).toMatchObject({
      phase: 'failed',
      fault: 'user',
      message: 'Job failed, exit code 1. (ValueError: no rows)',
      logTail: ['Traceback (most recent call last):', 'ValueError: no rows'],
    });
  });

  test.each([
    [
      'no room',
      'FAILED',
      'Worker could not be allocated: insufficient capacity',
      { fault: 'system', displaced: 'capacity' },
    ],
    ['its own fault', 'FAILED', 'Internal server error', { fault: 'system' }],
    ['the user', 'CANCELLED', undefined, { phase: 'aborted', status: 'Stopped' }],
  ])('tells whose fault an end is: %s', async (_title, state, reason, expected) => {
    const platform = open();
    const handle = await submit(platform);
    Object.assign(onlyJob(), { state, reason, endedAt: now() });
    expect(await platform.status(handle)).toMatchObject(expected);
  });

  test('counts a run that was cancelled because its time was over as failed', async () => {
    const platform = open();
    const handle = await submit(platform, 'run-1/etl/1', { maxRuntimeInSeconds: 60 });
    Object.assign(onlyJob(), { state: 'CANCELLED', startedAt: now() - 61, endedAt: now() });
    const status = await platform.status(handle);
    expect(status).toMatchObject({ phase: 'failed', fault: 'user', secondaryStatus: 'MaxRuntimeExceeded' });
  });

  test('takes the same key twice for one job, at one moment, whatever the jobs are called', async () => {
    const [one, two] = await Promise.all([
      submit(open(), 'same'),
      open().submit({ ...invocation(), jobName: 'another' }, { idempotencyKey: 'same' }),
    ]);
    expect(two).toEqual(one);
    expect(emr.jobs.size).toBe(1);
  });

  test('cancels as often as one asks, and leaves what has ended', async () => {
    const platform = open();
    const handle = await submit(platform);
    await platform.cancel(handle);
    await platform.cancel(handle);
    expect(await platform.status(handle)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
  });

  test('says of a job that it does not know that there is none; to cancel it is nothing', async () => {
    const platform = open();
    const handle = {
      platform: 'emr',
      jobType: 'processing',
      jobName: 'x',
      ref: `serverless/${APPLICATION}/00none`,
    } as const;
    const unknown = { code: 'JobNotFound' };
    await expect(platform.status(handle)).rejects.toMatchObject(unknown);
    await expect(Array.fromAsync(platform.watch(handle))).rejects.toMatchObject(unknown);
    await expect(Array.fromAsync(platform.logs(handle))).rejects.toMatchObject(unknown);
    await platform.cancel(handle);
    const { ref: _, ...without } = handle;
    await expect(platform.status(without)).rejects.toMatchObject(unknown);
    await platform.cancel(without);
  });

  test('keeps the last status while it is throttled, and goes on', async () => {
    const platform = open();
    const handle = await submit(platform);
    Object.assign(onlyJob(), { state: 'RUNNING', startedAt: now() });
    const facts = `s3://${BUCKET}/run-1/etl/run-1-etl-1/output/clean/facts.json`;
    await put(facts, '1');
    const seen: string[] = [];
    for await (const { phase } of platform.watch(handle)) {
      seen.push(phase);
      if (phase !== 'running') continue;
      emr.refusal = { status: 429, name: 'ThrottlingException', message: 'Rate exceeded' };
      await expect(platform.status(handle)).rejects.toMatchObject({ code: 'Throttled', fault: 'system' });
      emr.refusal = undefined;
      Object.assign(onlyJob(), { state: 'SUCCESS', endedAt: now() });
    }
    expect(seen).toEqual(['running', 'succeeded']);
  });

  test('brings data of this machine there once', async () => {
    const platform = open();
    const here = { ...invocation(), inputs: { raw: `file://${join(directory, 'data.csv')}` } };
    await platform.submit(here, { idempotencyKey: 'a' });
    const { sparkSubmit } = onlyJob().request['jobDriver'] as {
      sparkSubmit: { entryPointArguments: string[] };
    };
    const uri = sparkSubmit.entryPointArguments[1] as string;
    const { bucket, key } = parseS3Uri(uri);
    expect(await emr.s3.store.head(bucket, key)).toMatchObject({ size: 8 });
  });

  test('reads logs on from any line, and to the end of a job that is followed', async () => {
    const platform = open();
    const handle = await submit(platform);
    const logs = `s3://${BUCKET}/logs/applications/${APPLICATION}/jobs/${onlyJob().id}/SPARK_DRIVER`;
    await put(`${logs}/stdout.gz`, gzipSync('one\ntwo\n'));
    await put(`${logs}/stderr.gz`, gzipSync('warn\n'));
    const lines = await Array.fromAsync(platform.logs(handle));
    expect(lines.map(({ stream, message }) => `${stream} ${message}`)).toEqual([
      'stdout one',
      'stdout two',
      'stderr warn',
    ]);
    const rest = await Array.fromAsync(platform.logs(handle, { cursor: lines[0]!.cursor }));
    expect(rest.map(({ message }) => message)).toEqual(['two', 'warn']);
    const foreign = Array.fromAsync(platform.logs(handle, { cursor: 'of-another:3' }));
    await expect(foreign).rejects.toMatchObject({ code: 'InvalidArgument' });
    // EMR writes the whole of a stream anew; the end of the job comes with its last lines.
    const followed = Array.fromAsync(platform.logs(handle, { follow: true, cursor: lines[2]!.cursor }));
    await put(`${logs}/stdout.gz`, gzipSync('one\ntwo\nthree\n'));
    Object.assign(onlyJob(), { state: 'SUCCESS', endedAt: now() });
    expect((await followed).map(({ message }) => message)).toEqual(['three']);
  });
});

describe('steps of a cluster', () => {
  const settings = { clusterId: CLUSTER };

  test('are added once with the whole submission', async () => {
    const handle = await submit(open(settings));
    const again = await submit(open(settings));
    expect(again).toEqual(handle);
    expect(handle.ref).toBe(`step/${CLUSTER}/${onlyJob().id}`);
    expect(emr.jobs.size).toBe(1);
    const { Jar, Args } = onlyJob().request['HadoopJarStep'] as { Jar: string; Args: string[] };
    expect(Jar).toBe('command-runner.jar');
    expect(Args.slice(0, 5)).toEqual(['env', 'MODE=fast', 'spark-submit', '--deploy-mode', 'client']);
    expect(Args).toContain('spark.executor.memory=2g');
    expect(Args.slice(-3)).toEqual(['--from', 's3://data/raw/', expect.stringMatching(/^--to=s3:/)]);
  });

  test('that were added twice at one moment are one: the later is cancelled', async () => {
    const first = await submit(open(settings));
    emr.blind = true;
    const second = await submit(open(settings));
    expect(second).toEqual(first);
    expect([...emr.jobs.values()].map(({ state }) => state)).toEqual(['PENDING', 'CANCELLED']);
  });

  test('tell their states, many in one question, and their logs are where the cluster puts them', async () => {
    const platform = open(settings);
    const handles = await Promise.all(['a', 'b', 'c'].map((key) => submit(platform, key)));
    for (const job of emr.jobs.values()) Object.assign(job, { state: 'RUNNING', startedAt: now() });
    emr.asked.length = 0;
    const stop = new AbortController();
    const first = async (handle: (typeof handles)[number]) => {
      for await (const { phase } of platform.watch(handle, { signal: stop.signal })) return phase;
      return undefined;
    };
    expect(await Promise.all(handles.map(first))).toEqual(['running', 'running', 'running']);
    expect(emr.asked.filter((name) => name === 'ListSteps').length).toBeLessThan(3);
    stop.abort();
    const failed = [...emr.jobs.values()][0] as KeptJob;
    Object.assign(failed, { state: 'FAILED', reason: 'Application exited with 1', endedAt: now() });
    await put(`s3://cluster-logs/emr/${CLUSTER}/steps/${failed.id}/stdout.gz`, gzipSync('hello\n'));
    const handle = handles.find(({ ref }) => ref?.endsWith(failed.id)) as (typeof handles)[number];
    expect(await platform.status(handle)).toMatchObject({
      phase: 'failed',
      message: 'Application exited with 1',
      logTail: ['hello'],
    });
    Object.assign(failed, { state: 'INTERRUPTED' });
    expect(await platform.status(handle)).toMatchObject({ fault: 'system', displaced: 'interruption' });
    await platform.cancel(handle);
    await expect(platform.status({ ...handle, ref: `step/${CLUSTER}/s-none` })).rejects.toMatchObject({
      code: 'JobNotFound',
    });
  });
});

describe('what cannot run is refused before anything is brought', () => {
  test.each<[string, Partial<EmrSettings>, Partial<ProcessingTask>, object]>([
    [
      'neither application nor cluster',
      {},
      {},
      { code: 'ConfigInvalid', message: 'platforms.emr: neither applicationId nor clusterId is set.' },
    ],
    [
      'both',
      { applicationId: APPLICATION, clusterId: CLUSTER },
      {},
      { code: 'ConfigInvalid', message: 'platforms.emr: applicationId and clusterId are both set.' },
    ],
    [
      'no role',
      { applicationId: APPLICATION },
      {},
      { code: 'ConfigInvalid', message: 'platforms.emr: a run of EMR Serverless needs a role.' },
    ],
    [
      'no Spark',
      { clusterId: CLUSTER },
      { framework: 'pytorch', spark: undefined as never },
      { message: "EMR cannot run task 'etl': it runs Spark alone, and this is no Spark application." },
    ],
    [
      'an output that no argument names',
      { clusterId: CLUSTER },
      { arguments: ['{input:raw}'] },
      {
        message:
          "EMR cannot run task 'etl': there is no /opt/ml on EMR, and no argument says where the output 'clean' is.",
      },
    ],
    [
      'a script that is not there',
      { clusterId: CLUSTER },
      { script: { entry: 'nowhere.py', directory: '/nowhere', whole: false } },
      { code: 'ScriptNotFound' },
    ],
  ])('%s', async (_title, settings, more, expected) => {
    const platform = open(settings);
    await expect(platform.check(task(more))).rejects.toMatchObject(expected);
    await expect(submit(platform, 'k', more)).rejects.toMatchObject(expected);
    expect(emr.asked).toEqual([]);
  });

  test('packages that nothing would install', async () => {
    await mkdir(join(directory, 'whole'));
    await writeFile(join(directory, 'whole/etl.py'), '');
    await writeFile(join(directory, 'whole/requirements.txt'), 'numpy');
    const script = { entry: 'etl.py', directory: join(directory, 'whole'), whole: true };
    await expect(submit(open({ clusterId: CLUSTER }), 'k', { script })).rejects.toMatchObject({
      message: "EMR cannot run task 'etl': nothing installs its requirements.txt there.",
    });
  });

  test.each([
    [
      'an application that there is not',
      { applicationId: '00none', executionRole: ROLE },
      "there is no application '00none'",
    ],
    ['a cluster that there is not', { clusterId: 'j-NONE' }, "Cluster id 'j-NONE' is not valid."],
  ])('%s', async (_title, settings, message) => {
    await expect(submit(open(settings))).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining(message),
      hint: expect.stringMatching(/aws emr.* list-/),
    });
  });

  test('an application that was not started is told how', async () => {
    emr.refusal = {
      status: 400,
      name: 'ValidationException',
      message: `Application ${APPLICATION} is not in STARTED state`,
    };
    await expect(submit(open())).rejects.toMatchObject({
      code: 'InvalidArgument',
      hint: expect.stringContaining('aws emr-serverless start-application'),
    });
  });

  test('a cluster that has ended is said to have ended', async () => {
    emr.refusal = {
      status: 400,
      name: 'ValidationException',
      message: 'A job flow that is shutting down, terminating, or finished may not be modified.',
    };
    await expect(submit(open({ clusterId: CLUSTER }))).rejects.toMatchObject({
      hint: expect.stringContaining('has ended: start another one'),
    });
  });
});
