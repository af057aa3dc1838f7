// Needs: python
// Training jobs run at a `sluice serve`; the queue before it is played, for moto has none.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Bundles } from '../../../src/bundles/index.ts';
import { DEFAULT_ACCOUNT } from '../../../src/core/account.ts';
import type { TrainingQueueSettings } from '../../../src/core/platforms-settings.ts';
import type { TrainingTask } from '../../../src/graph/index.ts';
import { createDirectoryStore } from '../../../src/objects/directory/create-directory-store.ts';
import { AwsAccess } from '../../../src/platforms/aws/aws-access.ts';
import { BatchApi } from '../../../src/platforms/batch/batch-api.ts';
import { requireQueue } from '../../../src/platforms/batch/check-batch.ts';
import { describeServiceJob } from '../../../src/platforms/batch/describe-service-job.ts';
import {
  createSageMakerPlatform,
  type JobHandle,
  type JobStatus,
  type Platform,
} from '../../../src/platforms/index.ts';
import { type ServiceQueue, startServiceQueue } from '../../harness/batch/service-queue.ts';
import { pythonWith } from '../../harness/python.ts';
import { type ServeFixture, startServe } from '../../harness/sluice-serve.ts';

let directory: string;
let serve: ServeFixture;
let queue: ServiceQueue;
const opened: Platform[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-queue-'));
  serve = await startServe(join(directory, 'server'), ['--executor', 'process']);
  queue = await startServiceQueue(serve);
  await writeFile(
    join(directory, 'train.mjs'),
    `import { writeFileSync } from 'node:fs';
     writeFileSync(process.env.SM_MODEL_DIR + '/m', 'm');
     console.log('accuracy: 0.75');
     process.exit(Number(process.env.SM_HP_CODE ?? 0));`,
  );
}, 300_000);

beforeEach(() => {
  queue.blind = false;
  queue.asked.length = 0;
});

afterAll(async () => {
  for (const platform of opened) await platform.detach();
  await queue?.[Symbol.asyncDispose]();
  await serve?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
}, 120_000);

function optionsOf() {
  const home = createDirectoryStore(join(directory, 'home'));
  const stores = { store: () => home };
  const bundles = new Bundles({ stores, account: DEFAULT_ACCOUNT });
  const times = { firstMs: 20, longestMs: 200, pauseMs: 200 };
  return { stores, bundles, account: DEFAULT_ACCOUNT, environment: {}, times };
}

function platformOf(training: TrainingQueueSettings = { jobQueue: 'training' }): Platform {
  const settings = { sagemaker: { endpoint: queue.url, training } };
  const platform = createSageMakerPlatform({ settings, ...optionsOf() });
  opened.push(platform);
  return platform;
}

function trainingOf(more: Partial<TrainingTask> = {}): TrainingTask {
  return {
    interface: { inputs: {}, outputs: {} },
    instanceType: 'ml.m5.large',
    instanceCount: 1,
    volumeSizeInGB: 30,
    environment: {},
    maxRuntimeInSeconds: 600,
    type: 'training',
    name: 'train',
    image: 'own:1',
    script: { entry: 'train.mjs', directory, whole: false },
    channels: {},
    hyperparameters: {},
    metricDefinitions: [{ Name: 'accuracy', Regex: 'accuracy: ([0-9.]+)' }],
    enableManagedSpotTraining: false,
    ...more,
  };
}

function submit(platform: Platform, key: string, task = trainingOf()): Promise<JobHandle> {
  return platform.submit({ task, inputs: {}, jobName: key }, { idempotencyKey: key });
}

async function end(platform: Platform, handle: JobHandle): Promise<JobStatus> {
  return (await Array.fromAsync(platform.watch(handle))).at(-1) as JobStatus;
}

test('a training job waits in the queue, and runs at SageMaker to its outputs, metrics and log', async () => {
  const platform = platformOf();
  const handle = await submit(platform, 'whole');
  expect(await platform.status(handle)).toMatchObject({ phase: 'queued', secondaryStatus: 'Pending' });
  await queue.begin(handle.ref as string);
  // Whoever has the handle watches it, without the queue in its settings, too.
  const elsewhere = platformOf({});
  const status = await end(elsewhere, handle);
  expect(status).toMatchObject({ phase: 'succeeded', metrics: { accuracy: 0.75 } });
  expect(status.outputs['model']).toMatch(/model\.tar\.gz$/);
  const lines = (await Array.fromAsync(elsewhere.logs(handle))).map(({ message }) => message);
  expect(lines).toContain('accuracy: 0.75');
});

test('one that fails says why, as SageMaker tells it', async () => {
  const platform = platformOf();
  const handle = await submit(platform, 'failing', trainingOf({ hyperparameters: { code: 3 } }));
  await queue.begin(handle.ref as string);
  const status = await end(platform, handle);
  expect(status).toMatchObject({ phase: 'failed', message: 'AlgorithmError: , exit code: 3' });
  expect(status.logTail).toContain('accuracy: 0.75');
});

describe('the same key', () => {
  test('is one job, at the same moment in two workers, too; for another request it is refused', async () => {
    queue.submissions.length = 0;
    const handle = await submit(platformOf(), 'once');
    expect(await submit(platformOf(), 'once')).toEqual(handle);
    const workers = [platformOf(), platformOf()];
    queue.blind = true;
    // One that sees the refusal before the other is listed is told of it, and finds the job when it asks again.
    const both = workers.map((platform) => submit(platform, 'both').catch(() => undefined));
    await expect.poll(() => queue.asked.filter((name) => name === 'submitservicejob').length).toBe(3);
    queue.blind = false;
    const found = await Promise.all(
      both.map(async (each, index) => (await each) ?? submit(workers[index] as Platform, 'both')),
    );
    expect(found[0]).toEqual(found[1]);
    expect(queue.submissions.map(({ jobName }) => jobName)).toEqual([handle.jobName, found[0]?.jobName]);
    await expect(
      submit(platformOf(), 'once', trainingOf({ hyperparameters: { other: 1 } })),
    ).rejects.toMatchObject({ code: 'JobNameTaken' });
  });
});

test('one that is cancelled while it waits never begins; one that runs is stopped', async () => {
  const platform = platformOf();
  const waits = await submit(platform, 'waits');
  await platform.cancel(waits);
  await platform.cancel(waits);
  expect(await end(platform, waits)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
  await writeFile(join(directory, 'wait.mjs'), 'setInterval(() => undefined, 1000);');
  const script = { entry: 'wait.mjs', directory, whole: false };
  const runs = await submit(platform, 'runs', trainingOf({ script }));
  await queue.begin(runs.ref as string);
  await expect.poll(async () => (await platform.status(runs)).secondaryStatus).toBe('Training');
  await platform.cancel(runs);
  expect(await end(platform, runs)).toMatchObject({ phase: 'aborted' });
});

test('a queue that takes no training jobs is told before anything starts, and so is one that takes nothing else', async () => {
  await expect(platformOf({ jobQueue: 'jobs' }).check(trainingOf())).rejects.toThrow(
    "platforms.sagemaker.training.jobQueue: 'jobs' takes jobs of containers; expected a queue that takes SageMaker's training jobs.",
  );
  await expect(platformOf({ jobQueue: 'nowhere' }).check(trainingOf())).rejects.toThrow(
    "platforms.sagemaker.training.jobQueue: there is no job queue 'nowhere'",
  );
  const access = new AwsAccess({ endpoint: queue.url }, {});
  await expect(requireQueue(new BatchApi(access), { jobQueue: 'training' })).rejects.toMatchObject({
    message:
      "platforms.batch.jobQueue: 'training' takes SageMaker's training jobs; expected a queue that takes jobs of containers.",
    hint: 'Name it as platforms.sagemaker.training.jobQueue, or take another queue.',
  });
  await access.close();
});

test('many that wait are watched by lists, not one by one', async () => {
  const platform = platformOf();
  const handles = Array.from({ length: 250 }, (_, index): JobHandle => {
    const jobId = `many-${index}`;
    const status = index % 2 === 0 ? ('RUNNABLE' as const) : ('SCHEDULED' as const);
    queue.jobs.set(jobId, {
      jobId,
      jobName: jobId,
      jobQueue: 'training',
      serviceJobType: 'SAGEMAKER_TRAINING',
      startedAt: undefined,
      createdAt: 1,
      status,
    });
    return { platform: 'sagemaker', jobType: 'training', jobName: jobId, ref: jobId };
  });
  const first = await Promise.all(
    handles.map(async (handle) => {
      for await (const status of platform.watch(handle)) return status.phase;
      return undefined;
    }),
  );
  expect(new Set(first)).toEqual(new Set(['queued', 'initializing']));
  expect(queue.asked.filter((name) => name === 'describeservicejob')).toEqual([]);
  expect(queue.asked.length).toBeLessThan(50);
});

describe('what is told of a service job', () => {
  const arn = 'arn:aws:sagemaker:us-east-1:1:training-job/job-1';
  const latestAttempt = { serviceResourceId: { name: 'TrainingJobArn' as const, value: arn } };
  const run = { latestAttempt, status: 'RUNNING' as const };
  const capacity = 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY';
  const failed = { TrainingJobStatus: 'Failed', FailureReason: 'CapacityError: no room' };
  test.each([
    ['waits', { status: 'RUNNABLE' as const }, undefined, { SecondaryStatus: 'Pending' }],
    [
      'is given to SageMaker',
      { ...run, status: 'SCHEDULED' as const },
      undefined,
      { SecondaryStatus: 'Starting' },
    ],
    ['runs', run, { TrainingJobStatus: 'InProgress' }, { TrainingJobStatus: 'InProgress' }],
    [
      'had no room, and waits again',
      { ...run, status: 'RUNNABLE' as const },
      failed,
      { TrainingJobStatus: 'InProgress', SecondaryStatus: 'Pending' },
    ],
    [
      'has failed, which Batch has not seen yet',
      run,
      failed,
      { TrainingJobStatus: 'InProgress', SecondaryStatus: 'Uploading' },
    ],
    [
      'has waited too long for room',
      {
        ...run,
        status: 'FAILED' as const,
        isTerminated: true,
        statusReason: `Terminated by JobStateTimeLimit action due to reason: ${capacity}`,
      },
      { TrainingJobStatus: 'Stopped' },
      { TrainingJobStatus: 'Failed', FailureReason: expect.stringMatching(/^CapacityError: .*CAPACITY/) },
    ],
    [
      'was refused by SageMaker',
      {
        status: 'FAILED' as const,
        statusReason: 'Received status from SageMaker: ValidationException: no such role',
      },
      undefined,
      { TrainingJobStatus: 'Failed', FailureReason: 'ValidationException: no such role' },
    ],
    [
      'is being ended while it waits',
      { status: 'RUNNABLE' as const, isTerminated: true },
      undefined,
      { TrainingJobStatus: 'Stopping' },
    ],
    [
      'has run, and SageMaker has removed it',
      { ...run, status: 'SUCCEEDED' as const },
      undefined,
      { TrainingJobStatus: 'Failed', FailureReason: expect.stringMatching(/^InternalServerError.*job-1/) },
    ],
  ])('that %s', (_, job, training, expected) => {
    const own = { jobId: 'a', jobName: 'job', createdAt: 1, ...job };
    expect({ FailureReason: undefined, ...describeServiceJob(own, training) }).toMatchObject({
      FailureReason: undefined,
      ...expected,
    });
  });
});

test('what is sent has the shapes that AWS takes, with share, priority and tags', async () => {
  const platform = platformOf({ jobQueue: 'training', shareIdentifier: 'research', schedulingPriority: 7 });
  const handle = await submit(platform, 'shaped', trainingOf({ tags: { team: 'ml' } }));
  const sent = queue.submissions.at(-1);
  expect(sent).toMatchObject({
    jobName: handle.jobName,
    jobQueue: 'training',
    shareIdentifier: 'research',
    schedulingPriority: 7,
    tags: { team: 'ml' },
  });
  const file = join(directory, 'requests.json');
  await writeFile(file, JSON.stringify([sent, JSON.parse(sent?.serviceRequestPayload ?? '')]));
  const python = join(await pythonWith('moto[server]'), 'bin', 'python');
  const { stdout } = await promisify(execFile)(python, ['-c', JUDGE, file]);
  expect(stdout.trim()).toBe('');
});

const JUDGE = `
import json, sys, botocore.session
from botocore.validate import ParamValidator
session = botocore.session.get_session()
operations = [("batch", "SubmitServiceJob"), ("sagemaker", "CreateTrainingJob")]
for (service, name), request in zip(operations, json.load(open(sys.argv[1]))):
    shape = session.get_service_model(service).operation_model(name).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        print(name, report.generate_report())
`;
