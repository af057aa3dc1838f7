import { afterEach, beforeEach, expect, test } from 'vitest';
import { emrServerlessTaskType as type } from '../../../../src/flyte/connector/aws/emr/emr-serverless-task.ts';
import type { FlyteTask } from '../../../../src/flyte/connector/flyte-task.ts';
import type { LiteralMap } from '../../../../src/flyte/connector/messages.ts';
import { loadProtos, messageCodec } from '../../../../src/flyte/protos/index.ts';
import type { Json } from '../../../../src/graph/index.ts';
import { readSmall } from '../../../../src/objects/index.ts';
import { APPLICATION, type EmrServer, startEmr } from '../../../harness/emr-server.ts';
import { type ContextFixture, contextOver, flyteTask } from './harness.ts';

const ROLE = 'arn:aws:iam::123456789012:role/EmrJobs';
const BUCKET = 'team-data';

let emr: EmrServer;
let fixture: ContextFixture;
beforeEach(async () => {
  emr = await startEmr();
  await emr.s3.store.createBucket(BUCKET);
  fixture = contextOver(emr.url);
});
afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
  await emr[Symbol.asyncDispose]();
});

/** What flytekit's plugin writes of `EMRServerless(…)`. */
const base = {
  execution_role_arn: ROLE,
  application_id: APPLICATION,
  release_label: 'emr-7.0.0',
  application_type: 'SPARK',
  execution_timeout_minutes: 60,
  sync_image: true,
  inject_flyte_env: true,
  region: 'us-east-1',
};
const script = {
  ...base,
  spark_job_driver: {
    entryPoint: `s3://${BUCKET}/etl.py`,
    entryPointArguments: ['--day', '1'],
    sparkSubmitParameters: '--conf spark.executor.cores=2',
  },
  spark_submit_parameters: '--conf spark.executor.memory=4g',
};
const logs = { monitoringConfiguration: { s3MonitoringConfiguration: { logUri: `s3://${BUCKET}/logs/` } } };
const container = {
  image: 'me/spark:1',
  args: [
    'pyflyte-execute',
    '--inputs',
    's3://flyte/in/inputs.pb',
    '--output-prefix',
    's3://flyte/out/0',
    '--',
    'm',
  ],
};

function task(own: FlyteTask['custom'], more: Parameters<typeof flyteTask>[1] = {}): FlyteTask {
  return flyteTask(null, { custom: own, template: { id: { project: 'p', name: 'tests.task' } }, ...more });
}

const only = () => [...emr.jobs.values()][0] as NonNullable<ReturnType<typeof emr.jobs.get>>;
const get = (handle: Json) => type.get(handle, fixture.context);

test('a script runs as it is configured, once for an attempt, and ends without outputs', async () => {
  const handle = await type.create(task(script), fixture.context);
  expect(await type.create(task(script), fixture.context)).toMatchObject({
    job: (handle as { job: string }).job,
  });
  await type.create(task(script, { attempt: 1 }), fixture.context);
  expect(emr.jobs.size).toBe(2);
  const job = only();
  expect(job.name).toBe('tests.task e/n0/0');
  expect(job.request).toMatchObject({
    executionRoleArn: ROLE,
    executionTimeoutMinutes: 60,
    tags: { Application: 'flyte', ManagedBy: 'flyte-connector' },
    jobDriver: {
      sparkSubmit: {
        entryPoint: `s3://${BUCKET}/etl.py`,
        entryPointArguments: ['--day', '1'],
        sparkSubmitParameters: expect.stringMatching(
          /^--conf spark\.executor\.cores=2 --conf spark\.executor\.memory=4g .*spark\.executorEnv\.FLYTE_INTERNAL_EXECUTION_ID=e\b/,
        ),
      },
    },
  });
  await expect(get(handle)).resolves.toMatchObject({ phase: 'QUEUED', info: { status: 'SUBMITTED' } });
  job.state = 'RUNNING';
  await expect(get(handle)).resolves.toMatchObject({ phase: 'RUNNING' });
  job.state = 'SUCCESS';
  await expect(get(handle)).resolves.toMatchObject({ phase: 'SUCCEEDED', literals: {} });
});

test('a query of Hive’s is a job too, without Spark’s parameters', async () => {
  const own = { ...base, application_type: 'HIVE', hive_job_driver: { query: `s3://${BUCKET}/q.sql` } };
  await type.create(task(own), fixture.context);
  expect(only().request['jobDriver']).toEqual({ hive: { query: `s3://${BUCKET}/q.sql` } });
});

test('a job that has failed is retried, with its reason; one that was cancelled is not', async () => {
  const handle = await type.create(task(script), fixture.context);
  Object.assign(only(), { state: 'FAILED', reason: 'ModuleNotFoundError: pandas' });
  await expect(get(handle)).resolves.toMatchObject({
    phase: 'RETRYABLE_FAILED',
    message: 'FAILED: ModuleNotFoundError: pandas',
  });
  only().state = 'CANCELLED';
  await expect(get(handle)).resolves.toMatchObject({ phase: 'FAILED' });
});

test('a job is cancelled, however often that is asked for', async () => {
  const handle = await type.create(task(script), fixture.context);
  await type.delete(handle, fixture.context);
  await type.delete(handle, fixture.context);
  expect(only().state).toBe('CANCELLED');
  await type.delete({ ...(handle as object), job: '00f2none' }, fixture.context);
});

test('a job waits with its task for an application that has still to start, and is then asked for once', async () => {
  const spark = emr.applications.get(APPLICATION) as { state: string };
  spark.state = 'STOPPED';
  const handle = await type.create(task(script), fixture.context);
  expect(handle).not.toHaveProperty('job');
  expect(emr.asked).toContain('StartApplication');
  await expect(get(handle)).resolves.toMatchObject({ phase: 'INITIALIZING' });
  await type.delete(handle, fixture.context);
  spark.state = 'STARTED';
  await get(handle);
  await get(handle);
  expect(emr.jobs.size).toBe(1);
  await type.delete(handle, fixture.context);
  expect(only().state).toBe('CANCELLED');
});

test('throttling fails no job', async () => {
  const handle = await type.create(task(script), fixture.context);
  emr.refusal = { status: 429, name: 'ThrottlingException', message: 'Rate exceeded' };
  await expect(get(handle)).rejects.toMatchObject({ code: 'Throttled', fault: 'system' });
});

test('a function runs by its own command, reads and leaves its values in the bucket, and its image is the application’s', async () => {
  const codec = (name: string) =>
    messageCodec<object>(
      loadProtos(['flyteidl/core/literals.proto', 'flyteidl/core/errors.proto']),
      `flyteidl.core.${name}`,
    );
  const literals: LiteralMap = { literals: { n: { scalar: { primitive: { integer: '7' } } } } };
  const own = { ...base, configuration_overrides: logs };
  const handle = await type.create(task(own, { container, literals }), fixture.context);
  expect(emr.applications.get(APPLICATION)).toMatchObject({ image: 'me/spark:1' });
  const { sparkSubmit } = only().request['jobDriver'] as {
    sparkSubmit: { entryPoint: string; entryPointArguments: string[]; sparkSubmitParameters: string };
  };
  expect(sparkSubmit.sparkSubmitParameters).toContain('driverEnv.PYSPARK_PYTHON=/usr/bin/python3');
  const [program, , inputs = '', , outputs = ''] = sparkSubmit.entryPointArguments;
  expect(program).toBe('pyflyte-execute');
  const read = async (uri: string) => (await readSmall(emr.s3.store, uri, 2 ** 20)) as Buffer;
  expect((await read(sparkSubmit.entryPoint)).toString()).toContain('FLYTE_FAIL_ON_ERROR');
  const given = await read(inputs);
  expect(codec('LiteralMap').decode(given)).toMatchObject(literals);

  const put = (name: string, bytes: Buffer) =>
    emr.s3.store.put(BUCKET, `${outputs.slice(`s3://${BUCKET}/`.length)}/${name}`, bytes);
  await put('outputs.pb', given);
  only().state = 'SUCCESS';
  await expect(get(handle)).resolves.toMatchObject({ phase: 'SUCCEEDED', literals });
  const error = { code: 'USER:ValueError', message: 'no such row', kind: 'NON_RECOVERABLE' };
  await put('error.pb', codec('ErrorDocument').encode({ error }));
  only().state = 'FAILED';
  await expect(get(handle)).resolves.toMatchObject({
    phase: 'FAILED',
    message: 'USER:ValueError: no such row',
  });
});

test('an application is found by its name, and made where the connector allows it', async () => {
  const unknown = type.create(task({ ...script, application_id: 'spark-x' }), fixture.context);
  await expect(unknown).rejects.toThrow("no application of EMR Serverless called 'spark-x'");
  emr.applications.set('00f1two', { id: '00f1two', name: 'my-etl', state: 'STARTED' });
  await expect(
    type.create(task({ ...script, application_id: 'my-etl' }), fixture.context),
  ).resolves.toMatchObject({
    application: '00f1two',
  });
  const { application_id: _, ...named } = { ...script, application_name: 'new' };
  await expect(type.create(task(named), fixture.context)).rejects.toMatchObject({ code: 'NotAllowed' });
  const environment = {
    ...fixture.context.environment,
    FLYTE_EMR_ALLOW_CREATE_APPLICATION: 'true',
    FLYTE_EMR_APPLICATION_NAME_PREFIX: 'flyte-',
  };
  const context = { ...fixture.context, environment };
  const { application } = (await type.create(task(named), context)) as { application: string };
  expect(emr.applications.get(application)).toMatchObject({ name: 'flyte-new' });
  await expect(type.create(task(named, { attempt: 1 }), context)).resolves.toMatchObject({ application });
});

test.each<[string, FlyteTask['custom'], string]>([
  ['no role', { ...script, execution_role_arn: '' }, 'custom.execution_role_arn: expected an ARN'],
  ['two drivers', { ...script, hive_job_driver: { query: 'q' } }, 'expected one'],
  [
    'no application',
    { execution_role_arn: ROLE, spark_job_driver: {} },
    'neither application_id nor application_name',
  ],
  [
    'an application that is not there',
    { ...script, application_id: '00none', sync_image: false },
    'does not exist',
  ],
  ['a function without a bucket', base, 'in which bucket'],
  [
    'a function without a container',
    { ...base, configuration_overrides: logs },
    'neither a job driver nor a function',
  ],
  ['an unknown member', { ...script, retry_policy: { maxAttempt: 3 } }, 'maxAttempt'],
])('%s: the user’s to mend', async (_, own, message) => {
  await expect(type.create(task(own), fixture.context)).rejects.toMatchObject({
    fault: 'user',
    message: expect.stringContaining(message),
  });
});
