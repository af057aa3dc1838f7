// Needs: python
// Queues, parameters, roles and S3 are moto's; what a job's containers leave is played, and test/batch/platform.test.ts runs them.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { JobDetail } from '@aws-sdk/client-batch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Bundles } from '../../../src/bundles/index.ts';
import { DEFAULT_ACCOUNT, defaultBucket } from '../../../src/core/account.ts';
import type { BatchSettings } from '../../../src/core/platforms-settings.ts';
import type { BatchTransformTask, JobTask, TrainingTask } from '../../../src/graph/index.ts';
import { createDirectoryStore } from '../../../src/objects/directory/create-directory-store.ts';
import type { ObjectStore } from '../../../src/objects/index.ts';
import { AwsAccess } from '../../../src/platforms/aws/aws-access.ts';
import { TAGS } from '../../../src/platforms/batch/batch-state.ts';
import { inspectBatch } from '../../../src/platforms/clusters/index.ts';
import {
  createBatchPlatform,
  type JobHandle,
  type JobStatus,
  type Platform,
} from '../../../src/platforms/index.ts';
import { type BatchServer, startBatch, type TaskEnd } from '../../harness/batch/batch-server.ts';
import { makeQueues } from '../../harness/batch/make-queue.ts';
import { ownAddress } from '../../harness/batch/own-address.ts';
import { type PlayedTask, playedTasks } from '../../harness/batch/played-tasks.ts';
import { pythonWith } from '../../harness/python.ts';

const BUCKET = defaultBucket(DEFAULT_ACCOUNT);
const DONE: TaskEnd = { exitCodes: { prepare: 0, main: 0, collect: 0 } };
const FAILED: TaskEnd = { exitCodes: { prepare: 0, main: 1, collect: 1 } };

let server: BatchServer;
let access: AwsAccess;
let store: ObjectStore;
let directory: string;
let secret: string;
let settings: BatchSettings;
let play: (task: PlayedTask) => Promise<TaskEnd>;
const opened: Platform[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-batch-'));
  await writeFile(join(directory, 'train.js'), '');
  const run = playedTasks(() => ({ store, secret, play: (task) => play(task) }));
  server = await startBatch(run, ownAddress());
  await makeQueues(server.url, { jobs: 'ENABLED', closed: 'DISABLED' });
  access = new AwsAccess({ endpoint: server.url, region: 'us-east-1' }, {});
  store = await access.store();
  settings = { endpoint: server.url, region: 'us-east-1', jobQueue: 'jobs', images: { node: 'node:24' } };
  // The first job makes the parameter.
  play = async () => FAILED;
  await end(platformOf(), await submit(platformOf(), 'first'));
  const ssm = new SSMClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const { Parameter: found } = await ssm.send(
    new GetParameterCommand({ Name: '/sluice/agent-secret', WithDecryption: true }),
  );
  ssm.destroy();
  secret = found?.Value as string;
}, 600_000);

beforeEach(() => {
  play = async ({ write }) => {
    await write({ status: 'Completed' });
    return DONE;
  };
});

afterAll(async () => {
  for (const platform of opened) await platform.detach();
  await access?.close();
  await server?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

function platformOf(more: Partial<BatchSettings> = {}): Platform {
  const home = createDirectoryStore(join(directory, 'home'));
  const stores = { store: () => home };
  const platform = createBatchPlatform({
    settings: { batch: { ...settings, ...more } },
    stores,
    bundles: new Bundles({ stores, account: DEFAULT_ACCOUNT }),
    account: DEFAULT_ACCOUNT,
    environment: {},
    times: { firstMs: 20, longestMs: 200, pauseMs: 200 },
  });
  opened.push(platform);
  return platform;
}

const common = {
  interface: { inputs: {}, outputs: {} },
  instanceType: 'ml.m5.large',
  instanceCount: 1,
  volumeSizeInGB: 30,
  environment: {},
  maxRuntimeInSeconds: 600,
} as const;

function trainingOf(more: Partial<TrainingTask> = {}): TrainingTask {
  return {
    ...common,
    type: 'training',
    name: 'train',
    script: { entry: 'train.js', directory, whole: false },
    channels: {},
    hyperparameters: {},
    metricDefinitions: [],
    enableManagedSpotTraining: false,
    ...more,
  };
}

function submit(
  platform: Platform,
  key: string,
  task: JobTask = trainingOf(),
  inputs = {},
): Promise<JobHandle> {
  return platform.submit({ task, inputs, jobName: key }, { idempotencyKey: key });
}

async function end(platform: Platform, handle: JobHandle): Promise<JobStatus> {
  return (await Array.fromAsync(platform.watch(handle))).at(-1) as JobStatus;
}

describe('what counts as success', () => {
  test('a result that the agent has signed', async () => {
    const platform = platformOf();
    const handle = await submit(platform, 'signed');
    expect(await end(platform, handle)).toMatchObject({ phase: 'succeeded', status: 'Completed' });
    // Any other process finds it, also once Batch has forgotten the job.
    server.jobs.delete(handle.ref as string);
    expect(await platformOf().status(handle)).toMatchObject({ phase: 'succeeded' });
  });

  test.each([
    ['none', async () => undefined, 'there is none'],
    [
      'one that is signed with another secret',
      ({ write }: PlayedTask) => write({ status: 'Completed' }, { secret: 'mine' }),
      'its signature is wrong',
    ],
    [
      'one of another attempt',
      ({ write }: PlayedTask) => write({ status: 'Completed' }, { attempt: 'other' }),
      'it is of another attempt',
    ],
    [
      'one of another try',
      ({ write }: PlayedTask) => write({ status: 'Completed' }, { number: 2 }),
      'it is of another attempt',
    ],
  ] as const)('not %s, though all containers have ended well', async (name, left, why) => {
    play = async (task) => {
      await left(task);
      return DONE;
    };
    const platform = platformOf();
    const status = await end(platform, await submit(platform, `forged-${name.replaceAll(' ', '-')}`));
    expect(status).toMatchObject({ phase: 'failed', fault: 'system' });
    expect(status.message).toContain(why);
  });

  test('a job that is asked for by a handle of another job is not known', async () => {
    const platform = platformOf();
    const handle = await submit(platform, 'mine');
    await expect(platform.status({ ...handle, jobName: 'yours' })).rejects.toMatchObject({
      code: 'JobNotFound',
    });
    await expect(platform.status({ ...handle, jobType: 'processing' })).rejects.toMatchObject({
      code: 'JobNotFound',
    });
  });
});

describe('a machine that is taken away', () => {
  test('begins the job anew: what it had left is not taken for the end', async () => {
    const began = Promise.withResolvers<void>();
    play = async ({ number, write, stopped }) => {
      if (number > 1) {
        await write({ status: 'Completed' });
        return DONE;
      }
      began.resolve();
      await stopped;
      await write({ status: 'Stopped' });
      return FAILED;
    };
    const platform = platformOf();
    const handle = await submit(platform, 'spot');
    await began.promise;
    server.reclaim(handle.ref as string);
    expect(await end(platform, handle)).toMatchObject({ phase: 'succeeded' });
    expect(server.submissions.at(-1)?.retryStrategy).toEqual({
      attempts: 3,
      evaluateOnExit: [
        { onStatusReason: 'Host EC2*', action: 'RETRY' },
        { onReason: '*', action: 'EXIT' },
      ],
    });
  });

  test('too often is no failure of the job: another place may do', async () => {
    const began = Promise.withResolvers<void>();
    play = async ({ stopped }) => {
      began.resolve();
      await stopped;
      return FAILED;
    };
    const platform = platformOf({ spotAttempts: 1 });
    const handle = await submit(platform, 'spot-again');
    await began.promise;
    server.reclaim(handle.ref as string);
    expect(await end(platform, handle)).toMatchObject({
      phase: 'failed',
      fault: 'system',
      displaced: 'interruption',
    });
  });
});

describe('the same key', () => {
  test("at the same moment in two workers, neither of which sees the other's job, is one job", async () => {
    const [one, two] = [platformOf(), platformOf()];
    play = async ({ stopped }) => {
      await stopped;
      return FAILED;
    };
    server.blind = true;
    const [a, b] = await Promise.all([submit(one, 'both'), submit(two, 'both')]).finally(
      () => (server.blind = false),
    );
    expect(a).toEqual(b);
    // Who comes later ends what is too much.
    expect(await submit(platformOf(), 'both')).toEqual(a);
    await one.cancel(a);
    expect(await end(two, b)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
  });

  test('finds the job of a worker that ended before it could say which it is', async () => {
    const platform = platformOf();
    const handle = await submit(platform, 'crashed');
    await store.delete(BUCKET, 'sluice/jobs/batch/crashed/job-id.json');
    const count = server.submissions.length;
    expect(await submit(platformOf(), 'crashed')).toEqual(handle);
    expect(server.submissions).toHaveLength(count);
  });

  test('is not that of a job of the same name that somebody else has made, with tags as ours', async () => {
    const id = 'theirs';
    const detail = {
      jobId: id,
      jobName: 'named',
      jobQueue: 'jobs',
      status: 'SUCCEEDED',
      createdAt: 1,
      startedAt: 1,
    } as const;
    const tags = { [TAGS.jobName]: 'named', [TAGS.jobType]: 'training', [TAGS.token]: 'guessed' };
    server.jobs.set(id, { ...detail, tags, jobDefinition: '' } as unknown as JobDetail as never);
    expect((await submit(platformOf(), 'named')).ref).not.toBe(id);
  });

  test('for another request is refused', async () => {
    await submit(platformOf(), 'changed');
    const other = submit(platformOf(), 'changed', trainingOf({ hyperparameters: { epochs: 2 } }));
    await expect(other).rejects.toMatchObject({ code: 'JobNameTaken' });
  });
});

describe('what is told before anything starts', () => {
  test.each([
    ['no queue', { jobQueue: undefined }, 'ConfigInvalid', 'jobs need a queue'],
    [
      'a queue that is not there',
      { jobQueue: 'nowhere' },
      'InvalidArgument',
      "there is no job queue 'nowhere'",
    ],
    [
      'a queue that is disabled',
      { jobQueue: 'closed' },
      'InvalidArgument',
      "'closed' takes no jobs: it is DISABLED",
    ],
    [
      'an address of this machine alone',
      { endpoint: 'http://127.0.0.1:4777' },
      'ConfigInvalid',
      'containers of jobs do not reach http://127.0.0.1:4777',
    ],
    [
      'no image for a script',
      { images: {} },
      'InvalidArgument',
      "the platform 'batch' needs one to run 'train.js' in",
    ],
  ])('%s', async (_, more, code, message) => {
    const checked = platformOf(more).check(trainingOf());
    await expect(checked).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('doctor says which queue takes jobs, what is wrong with another, and each right that is missing', async () => {
    const logs = new CloudWatchLogsClient({
      endpoint: server.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const logGroupName = '/aws/batch/job';
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    // Of a stream that is not there moto says, other than AWS, that its group is not.
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'sluice-doctor' }));
    logs.destroy();
    await expect(inspectBatch({ ...settings, logGroup: '/other' }, {})).rejects.toThrow(
      "platforms.batch.logGroup: there is no log group '/other'",
    );
    server.refusal = { status: 403, name: 'AccessDeniedException', message: 'not authorized' };
    const refused = await inspectBatch(settings, {}).catch((error: unknown) => String(error));
    server.refusal = undefined;
    for (const operation of ['DescribeJobQueues', 'DescribeJobs', 'ListJobs'])
      expect(refused).toContain(operation);
    await expect(inspectBatch(settings, {})).resolves.toMatchObject({ queue: 'jobs' });
    await expect(inspectBatch({ ...settings, jobQueue: 'closed' }, {})).rejects.toThrow('takes no jobs');
  });

  test('a role that may not be passed, before anything is brought', async () => {
    const message =
      'User: arn:aws:iam::1:user/me is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/jobs';
    server.refusal = { status: 403, name: 'AccessDeniedException', message };
    const refused = submit(
      platformOf(),
      'unpassed',
      trainingOf({ hyperparameters: { unpassed: 1 } }),
    ).finally(() => {
      server.refusal = undefined;
    });
    await expect(refused).rejects.toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('iam:PassRole'),
    });
    await expect(store.head(BUCKET, 'sluice/jobs/batch/unpassed/job.json')).rejects.toMatchObject({
      code: 'NoSuchKey',
    });
  });

  test('a bucket that is on this machine alone', async () => {
    const task = trainingOf({
      checkpoint: { localPath: '/opt/ml/checkpoints', s3Uri: 's3://of-this-machine/checkpoints' },
    });
    await expect(submit(platformOf(), 'bucket', task)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining("'of-this-machine', which the S3 of AWS Batch does not have"),
    });
  });
});

test('1,000 jobs are watched by one poller, 100 of them in a question, which slows down when it is throttled', async () => {
  const handles = Array.from({ length: 1000 }, (_, index): JobHandle => {
    const jobName = `many-${index}`;
    const detail = {
      jobId: jobName,
      jobName,
      jobQueue: 'jobs',
      status: 'RUNNING',
      createdAt: 1,
      startedAt: Date.now(),
    };
    const tags = { [TAGS.jobName]: jobName, [TAGS.jobType]: 'training', [TAGS.maxRuntime]: '600' };
    server.jobs.set(jobName, { ...detail, tags, jobDefinition: '' } as never);
    return { platform: 'batch', jobType: 'training', jobName, ref: jobName };
  });
  const platform = platformOf();
  server.asked.length = 0;
  server.refusal = { status: 429, name: 'TooManyRequestsException', message: 'Too Many Requests' };
  setTimeout(() => (server.refusal = undefined), 200);
  const first = await Promise.all(
    handles.map(async (handle) => {
      for await (const status of platform.watch(handle)) return status;
      return undefined;
    }),
  );
  expect(first.every((status) => status?.status === 'InProgress')).toBe(true);
  expect(new Set(server.asked)).toEqual(new Set(['describejobs']));
  // Ten would do; those that were throttled, and tried again by AWS's own client, come on top.
  expect(server.asked.length).toBeLessThan(100);
});

test('a job is queued with its share and priority, and what is sent has the shapes that AWS takes', async () => {
  const platform = platformOf({
    shareIdentifier: 'research',
    schedulingPriority: 7,
    executionRole: 'arn:aws:iam::111122223333:role/execution',
    jobRole: 'arn:aws:iam::111122223333:role/jobs',
  });
  const transform: BatchTransformTask = {
    ...common,
    instanceCount: 3,
    type: 'batch_transform',
    name: 'score',
    image: 'own:1',
    splitType: 'Line',
    compressionType: 'None',
    assembleWith: 'Line',
    contentType: 'text/csv',
  };
  await store.put(BUCKET, 'model.tar.gz', 'x');
  await submit(platform, 'one');
  await submit(platform, 'nodes', trainingOf({ instanceCount: 2, tags: { team: 'ml' } }));
  const places = { model: `s3://${BUCKET}/model.tar.gz`, input: `s3://${BUCKET}/data` };
  await submit(platform, 'array', transform, places);
  expect(server.submissions.at(-1)).toMatchObject({
    shareIdentifier: 'research',
    schedulingPriorityOverride: 7,
    arrayProperties: { size: 3 },
    timeout: { attemptDurationSeconds: 4200 },
  });
  expect(server.submissions.at(-2)?.tags).toMatchObject({ team: 'ml', 'sluice:job': 'nodes' });
  const requests = [
    ...server.definitions.slice(-3).map((each) => ['RegisterJobDefinition', each]),
    ...server.submissions.slice(-3).map((each) => ['SubmitJob', each]),
  ];
  const file = join(directory, 'requests.json');
  await writeFile(file, JSON.stringify(requests));
  const { stdout } = await promisify(execFile)(join(await pythonWith('moto[server]'), 'bin', 'python'), [
    '-c',
    JUDGE,
    file,
  ]);
  expect(stdout.trim()).toBe('6 requests, 0 wrong');
});

const JUDGE = `
import json, sys, botocore.session
from botocore.validate import ParamValidator
model = botocore.session.get_session().get_service_model("batch")
requests = json.load(open(sys.argv[1]))
wrong = 0
for name, request in requests:
    report = ParamValidator().validate(request, model.operation_model(name).input_shape)
    if report.has_errors():
        wrong += 1
        print(name, report.generate_report())
print(len(requests), "requests,", wrong, "wrong")
`;
