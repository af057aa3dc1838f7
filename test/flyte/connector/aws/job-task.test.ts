import { DescribeTrainingJobCommand, ListTrainingJobsCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { JOB_KINDS } from '../../../../src/flyte/connector/aws/job-kinds.ts';
import { jobTaskType } from '../../../../src/flyte/connector/aws/job-task.ts';
import type { TaskLogLine } from '../../../../src/flyte/connector/task-type.ts';
import type { Json } from '../../../../src/graph/index.ts';
import { type AwsGate, openAwsGate, THROTTLED } from '../../../harness/aws-gate.ts';
import { processingRequest, trainingRequest } from '../../../harness/job-requests.ts';
import { type ApiFixture, openApi } from '../../../server/harness.ts';
import { type ContextFixture, contextOver, ended, flyteTask } from './harness.ts';

const training = jobTaskType(JOB_KINDS['sagemaker-training-job']);
const processing = jobTaskType(JOB_KINDS['sagemaker-processing-job']);
const tuning = jobTaskType(JOB_KINDS['sagemaker-hyperparameter-tuning-job']);

let api: ApiFixture;
let gate: AwsGate;
let fixture: ContextFixture;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(async () => {
  gate = await openAwsGate(api.url);
  fixture = contextOver(gate.url);
});
afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
  await gate[Symbol.asyncDispose]();
});

async function config(name: string, source = '', more: object = {}): Promise<{ [key: string]: Json }> {
  const request = await trainingRequest(api.jobs, 'train', source, more);
  return { ...(request as unknown as { [key: string]: Json }), TrainingJobName: name };
}

const describe = (TrainingJobName: string) =>
  api.client.send(new DescribeTrainingJobCommand({ TrainingJobName }));
const nameOf = (handle: Json) => (handle as { readonly name: string }).name;
const jobsNamed = async (NameContains: string) =>
  (await api.client.send(new ListTrainingJobsCommand({ NameContains }))).TrainingJobSummaries ?? [];

test('the result is what flytekit’s connector makes, whole numbers stay whole, and metrics are there', async () => {
  const source = 'console.log("loss: 0.5")';
  const AlgorithmSpecification = { MetricDefinitions: [{ Name: 'loss', Regex: 'loss: ([0-9.]+)' }] };
  const request = await config('result-{idempotence_token}', source, { AlgorithmSpecification });
  const given = {
    ...request,
    HyperParameters: { epochs: '{inputs.epochs}' },
    StoppingCondition: { MaxRuntimeInSeconds: '{inputs.seconds}' },
  };
  const inputs = { epochs: 3, seconds: 600 };
  const handle = await training.create(flyteTask(given, { inputs }), fixture.context);
  const state = await ended(training, handle, fixture.context);
  const { TrainingJobArn, ...job } = await describe(nameOf(handle));
  expect(job).toMatchObject({
    HyperParameters: { epochs: '3' },
    StoppingCondition: { MaxRuntimeInSeconds: 600 },
  });
  expect(state).toEqual({
    phase: 'SUCCEEDED',
    info: { job: nameOf(handle) },
    links: [],
    outputs: {
      result: {
        TrainingJobArn,
        TrainingJobName: expect.stringMatching(/^result-[0-9a-f]{16}$/),
        ModelArtifacts: { S3ModelArtifacts: job.ModelArtifacts?.S3ModelArtifacts ?? null },
        OutputDataConfig: { S3OutputPath: `s3://${api.jobs.bucket}/out` },
        FinalMetricDataList: [
          { MetricName: 'loss', Value: 0.5, Timestamp: expect.stringMatching(/^\d{4}-.*\+00:00$/) },
        ],
        BillableTimeInSeconds: job.BillableTimeInSeconds,
        TrainingTimeInSeconds: job.TrainingTimeInSeconds,
      },
    },
  });
});

test('its log and its metrics are those of the job, and its log goes on after the last line', async () => {
  const source = 'for (const n of [1, 2, 3]) console.log(`loss: ${1 / n}`);';
  const AlgorithmSpecification = { MetricDefinitions: [{ Name: 'loss', Regex: 'loss: ([0-9.]+)' }] };
  const request = await config('logged-{idempotence_token}', source, { AlgorithmSpecification });
  const handle = await training.create(flyteTask(request), fixture.context);
  const linesAfter = async (cursor?: string): Promise<TaskLogLine[]> =>
    Array.fromAsync(training.logs?.(handle, fixture.context, cursor) ?? []);
  await ended(training, handle, fixture.context);
  const lines = await linesAfter();
  const shown = lines.map(({ message }) => message);
  expect(shown.filter((line) => line.startsWith('loss: '))).toEqual([
    'loss: 1',
    'loss: 0.5',
    'loss: 0.3333333333333333',
  ]);
  for (const at of lines.keys()) expect(await linesAfter(lines[at]?.cursor)).toEqual(lines.slice(at + 1));
  await expect(training.metrics?.(handle, fixture.context)).resolves.toEqual({ loss: expect.closeTo(1 / 3) });
});

test('a job that has not begun has no log', async () => {
  const handle = { name: 'nobody', named: true };
  expect(await Array.fromAsync(training.logs?.(handle, fixture.context, undefined) ?? [])).toEqual([]);
});

test('processing has its outputs in the result', async () => {
  const request = await processingRequest(api.jobs, 'prepare', '');
  const given = {
    ...(request as unknown as { [key: string]: Json }),
    ProcessingJobName: 'p-{idempotence_token}',
  };
  const handle = await processing.create(flyteTask(given), fixture.context);
  const state = await ended(processing, handle, fixture.context);
  expect(state.outputs?.['result']).toMatchObject({ ProcessingJobName: nameOf(handle), ExitMessage: null });
});

test.each(['again-{idempotence_token}', 'fixed'])(
  'a repeated create is the same job, a retry another one: %s',
  async (name) => {
    const given = await config(name);
    const first = await training.create(flyteTask(given), fixture.context);
    const repeated = await training.create(flyteTask(given), fixture.context);
    const retried = await training.create(flyteTask(given, { attempt: 1 }), fixture.context);
    expect(repeated).toEqual(first);
    expect(nameOf(retried)).not.toBe(nameOf(first));
    for (const handle of [first, retried])
      await expect(ended(training, handle, fixture.context)).resolves.toMatchObject({ phase: 'SUCCEEDED' });
    await expect(jobsNamed(name.replace('{idempotence_token}', ''))).resolves.toHaveLength(2);
  },
);

test('the job of another execution is not taken for one’s own', async () => {
  const given = await config('taken');
  await training.create(flyteTask(given), fixture.context);
  const attempt = { project: 'p', domain: 'd', execution: 'other', node: 'n0', retryAttempt: 0 };
  const task = { ...flyteTask(given), attempt };
  await expect(training.create(task, fixture.context)).rejects.toMatchObject({
    code: 'JobNameTaken',
    hint: expect.stringContaining('{idempotence_token} into config.TrainingJobName'),
  });
});

test('throttling fails no task: its job is made, asked for and stopped later', async () => {
  const given = await config('slow-{idempotence_token}', 'setTimeout(() => {}, 600000)');
  gate.refusal = { operations: /^CreateTrainingJob$/, ...THROTTLED };
  const handle = await training.create(flyteTask(given), fixture.context);
  await expect(jobsNamed('slow-')).resolves.toHaveLength(0);
  await expect(training.get(handle, fixture.context)).resolves.toMatchObject({
    phase: 'QUEUED',
    message: 'CreateTrainingJob: Rate exceeded',
  });
  gate.refusal = { operations: /^DescribeTrainingJob$/, ...THROTTLED };
  await expect(training.get(handle, fixture.context)).rejects.toMatchObject({
    code: 'Throttled',
    fault: 'system',
  });
  gate.refusal = undefined;
  await expect(training.get(handle, fixture.context)).resolves.toMatchObject({ phase: 'INITIALIZING' });
  await expect(training.get(handle, fixture.context)).resolves.toMatchObject({ phase: 'RUNNING' });
  await training.delete(handle, fixture.context);
  await expect(ended(training, handle, fixture.context)).resolves.toMatchObject({
    phase: 'FAILED',
    message: expect.stringContaining('Stopped'),
  });
  await training.delete(handle, fixture.context);
}, 300_000);

test('a job without room waits, and its attempt fails once it has waited too long', async () => {
  const given = await config('roomless-{idempotence_token}');
  const message = 'The account-level service limit for training is 1 Instances.';
  gate.refusal = { operations: /^CreateTrainingJob$/, name: 'ResourceLimitExceeded', message };
  const handle = await training.create(flyteTask(given), fixture.context);
  await expect(training.get(handle, fixture.context)).resolves.toMatchObject({ phase: 'QUEUED' });
  fixture.later(31 * 60_000);
  await expect(training.get(handle, fixture.context)).resolves.toMatchObject({
    phase: 'RETRYABLE_FAILED',
    message: expect.stringContaining(message),
  });
});

test('credentials that have expired are no failure of the task', async () => {
  const given = await config('expired-{idempotence_token}');
  const handle = await training.create(flyteTask(given), fixture.context);
  const message = 'The security token included in the request is expired';
  gate.refusal = { operations: /./, name: 'ExpiredTokenException', message };
  const expected = { fault: 'system', message: expect.stringContaining(message) };
  await expect(training.get(handle, fixture.context)).rejects.toMatchObject(expected);
  await expect(training.create(flyteTask(given), fixture.context)).rejects.toMatchObject(expected);
  gate.refusal = undefined;
  await expect(ended(training, handle, fixture.context)).resolves.toMatchObject({ phase: 'SUCCEEDED' });
});

test('a job that fails may be tried again, and says why', async () => {
  const source = 'require("fs").writeFileSync("/opt/ml/output/failure", "no"); process.exit(1)';
  const given = await config(
    'bad-{idempotence_token}',
    `import { writeFileSync } from 'node:fs';\n${source.replace('require("fs").', '')}`,
  );
  const handle = await training.create(flyteTask(given), fixture.context);
  await expect(ended(training, handle, fixture.context)).resolves.toMatchObject({
    phase: 'RETRYABLE_FAILED',
    message: expect.stringMatching(/^Failed: AlgorithmError: no/),
  });
});

test('the role of the task stands where its configuration has none', async () => {
  const { RoleArn: _, ...given } = await config('role-{idempotence_token}');
  const iamRole = 'arn:aws:iam::123456789012:role/Team';
  const template = { securityContext: { runAs: { iamRole } } };
  const handle = await training.create(flyteTask(given, { template }), fixture.context);
  await expect(describe(nameOf(handle))).resolves.toMatchObject({ RoleArn: iamRole });
  await ended(training, handle, fixture.context);
});

test('tuning is refused in plain words by what has none', async () => {
  const HyperParameterTuningJobConfig = {
    Strategy: 'Random',
    ResourceLimits: { MaxParallelTrainingJobs: 1 },
  };
  const given = { HyperParameterTuningJobName: 't-{idempotence_token}', HyperParameterTuningJobConfig };
  await expect(tuning.create(flyteTask(given), fixture.context)).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: `${gate.url} has no HyperParameterTuningJob of SageMaker.`,
  });
});

test.each<[Json, RegExp]>([
  [null, /has no config/],
  [{ TrainingJobName: 7 }, /config.TrainingJobName has to be a text, got 7/],
  [{ TrainingJobName: 'a', Image: 'x' }, /CreateTrainingJob has no member 'Image'/],
  [{ TrainingJobName: '{inputs.name}' }, /names \{inputs.name\}, which the task does not have/],
  [{ TrainingJobName: 'a' }, /CreateTrainingJob: /],
])('a configuration that is wrong is the user’s to mend: %j', async (given, message) => {
  await expect(training.create(flyteTask(given), fixture.context)).rejects.toMatchObject({
    fault: 'user',
    message: expect.stringMatching(message),
  });
});

test('a task of a platform that is not configured says so', async () => {
  const { context } = contextOver('http://127.0.0.1:1');
  const home = { ...context.home, paths: { home: '/nowhere' }, configuration: {} };
  await expect(
    training.create(flyteTask({ TrainingJobName: 'a' }), { ...context, home: home as never }),
  ).rejects.toMatchObject({ code: 'ConfigInvalid', message: /no settings of platforms.sagemaker/ });
});
