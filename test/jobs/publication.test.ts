import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { packTar } from 'modern-tar';
import { expect, test } from 'vitest';
import { NODE_IMAGE } from '../../src/contract/images.ts';
import { DEFAULT_ACCOUNT, defaultBucket } from '../../src/core/account.ts';
import { homePaths } from '../../src/core/home.ts';
import { createProcessExecutor } from '../../src/executors/index.ts';
import { type JobType, listEvents, listUploads } from '../../src/state/index.ts';
import { archiveFiles } from '../harness/archive.ts';
import { keysBelow, objectBytes, processingRequest, trainingRequest } from '../harness/job-requests.ts';
import { type JobsFixture, openJobs } from '../harness/jobs.ts';
import { startS3, type TestS3, testCredentials } from '../harness/s3-server.ts';

/** Each attempt writes the same number into both of its outputs. */
const NUMBERED = `
  import { writeFileSync } from 'node:fs';
  const attempt = String(process.pid) + Math.random();
  writeFileSync(process.env.SM_MODEL_DIR + '/attempt', attempt);
  writeFileSync(process.env.SM_OUTPUT_DATA_DIR + '/attempt', attempt);
`;

/** Where the holder halts, how often the job has run in the end, and what its outputs are by then. */
const POINTS: readonly (readonly [point: string, attempts: number, published: readonly string[]])[] = [
  ['staged', 2, []],
  ['decided', 1, []],
  ['half published', 1, ['one of them']],
  ['published', 1, ['out/j/output/model.tar.gz', 'out/j/output/output.tar.gz']],
];

test.each(POINTS)(
  'a job whose process is killed once it has %s has its outputs once',
  async (point, attempts, there) => {
    await using fixture = await openJobs({ executor: createProcessExecutor() });
    const owner = await startHalting(fixture, point, 'SIGKILL');
    expect(owner.signalCode).toBe('SIGKILL');
    expect(await outputs(fixture)).toHaveLength(there.length);
    expect(await fixture.jobs.training.list()).toHaveLength(1);
    await fixture.jobs.recover();
    await expectOneResult(fixture, attempts);
  },
);

test.each(POINTS)(
  'a holder that was away once it has %s, and comes back, changes nothing',
  async (point, attempts) => {
    await using fixture = await openJobs({ executor: createProcessExecutor() });
    const owner = await startHalting(fixture, point, 'SIGSTOP');
    await expect.poll(() => recovered(fixture), { timeout: 120_000, interval: 100 }).toBe(true);
    const result = await expectOneResult(fixture, attempts);
    owner.kill('SIGCONT');
    if (owner.exitCode === null) await once(owner, 'exit');
    expect(owner.exitCode, 'a loser ends in good order').toBe(0);
    expect(await expectOneResult(fixture, attempts)).toEqual(result);
  },
);

async function startHalting(
  fixture: JobsFixture,
  point: string,
  signal: NodeJS.Signals,
  endpoint?: string,
): Promise<ChildProcess> {
  const request = await trainingRequest(fixture, 'j', NUMBERED, {
    RetryStrategy: { MaximumRetryAttempts: 1 },
  });
  return haltIn(fixture, 'training', request, point, signal, endpoint);
}

async function haltIn(
  fixture: JobsFixture,
  type: JobType,
  request: object,
  point: string,
  signal: NodeJS.Signals,
  endpoint?: string,
): Promise<ChildProcess> {
  const program = new URL('../fixtures/jobs/halt-in-publication.ts', import.meta.url).pathname;
  const args = [
    program,
    fixture.home,
    type,
    JSON.stringify(request),
    point,
    signal,
    ...(endpoint ? [endpoint] : []),
  ];
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const halted = once(owner, 'exit');
  for await (const line of createInterface({ input: owner.stdout })) if (line === point) break;
  if (signal === 'SIGKILL' && owner.signalCode === null) await halted;
  return owner;
}

/** Whether the job has been taken over: it is overdue once its lease is. */
async function recovered(fixture: JobsFixture): Promise<boolean> {
  await fixture.jobs.recover();
  return (await fixture.jobs.training.record('j')).lease.fence > 1;
}

/** The outputs that users see. */
function outputs(fixture: JobsFixture): Promise<string[]> {
  return keysBelow(fixture, 'out/');
}

async function expectOneResult(fixture: JobsFixture, attempts: number): Promise<unknown> {
  expect(await fixture.jobs.training.wait('j')).toMatchObject({ TrainingJobStatus: 'Completed' });
  const keys = ['out/j/output/model.tar.gz', 'out/j/output/output.tar.gz'];
  expect(await outputs(fixture)).toEqual(keys);
  const archives = await Promise.all(keys.map(async (key) => archiveFiles(await objectBytes(fixture, key))));
  expect(archives[0]).toEqual(archives[1]);
  const { progress, ...record } = await fixture.jobs.training.record('j');
  expect(progress.transitions.filter(({ status }) => status === 'Training')).toHaveLength(attempts);
  expect(progress.publication).toBeUndefined();
  expect(progress.modelArtifacts).toBe(`s3://${fixture.bucket}/${keys[0]}`);
  const events = await listEvents(fixture.state, { kind: 'job', subject: 'training/j' });
  expect(events.filter(({ type }) => type === 'Completed')).toHaveLength(1);
  return { archives, record, progress };
}

test('nothing that was staged is left once a job has ended', async () => {
  await using fixture = await openJobs({ executor: createProcessExecutor() });
  await fixture.jobs.training.start(await trainingRequest(fixture, 'j', NUMBERED));
  await expectOneResult(fixture, 1);
  expect(staged(fixture)).toEqual([]);
});

/** What waits to be published, by owner. */
function staged({ home }: JobsFixture): string[] {
  const directory = join(homePaths(home).objects, '.sluice', 'staged');
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** Two outputs with the same number. */
const PROCESSED = `
  import { writeFileSync } from 'node:fs';
  const number = String(Math.random());
  for (const directory of process.argv.slice(2)) writeFileSync(directory + '/number', number);
`;

async function tarGz(files: Record<string, string>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name, size: Buffer.byteLength(body), mode: 0o644 },
    body,
  }));
  return gzipSync(await packTar(entries));
}

/** Answers with the rows that it gets. */
const ECHO = `
  export const modelFn = () => ({});
  export const predictFn = (rows) => rows;
`;

/** A request for a job of two outputs below `out/`, that has one attempt. */
async function singleRequest(type: JobType, fixture: JobsFixture): Promise<object> {
  const at = (path: string): string => `s3://${fixture.bucket}/${path}`;
  if (type === 'training') return trainingRequest(fixture, 'j', NUMBERED);
  if (type === 'processing') {
    const outputs = ['a', 'b'].map((name) => ({
      OutputName: name,
      S3Output: {
        S3Uri: at(`out/${name}`),
        LocalPath: `/opt/ml/processing/${name}`,
        S3UploadMode: 'EndOfJob' as const,
      },
    }));
    return processingRequest(fixture, 'j', PROCESSED, {
      AppSpecification: {
        ImageUri: NODE_IMAGE,
        ContainerArguments: outputs.map(({ S3Output }) => S3Output.LocalPath),
      },
      ProcessingOutputConfig: { Outputs: outputs },
    });
  }
  for (const name of ['a', 'b']) await fixture.store.put(fixture.bucket, `in/${name}`, name);
  const code = { 'infer.ts': ECHO, 'package.json': '{"type":"module"}' };
  await fixture.store.put(fixture.bucket, 'code.tar.gz', await tarGz(code));
  await fixture.store.put(fixture.bucket, 'model.tar.gz', await tarGz({ empty: '' }));
  await fixture.jobs.models.put({
    ModelName: 'echo',
    ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test',
    PrimaryContainer: {
      Image: NODE_IMAGE,
      ModelDataUrl: at('model.tar.gz'),
      Environment: { SAGEMAKER_PROGRAM: 'infer.ts', SAGEMAKER_SUBMIT_DIRECTORY: at('code.tar.gz') },
    },
  });
  return {
    TransformJobName: 'j',
    ModelName: 'echo',
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: at('in/') } },
      ContentType: 'text/csv',
    },
    TransformOutput: { S3OutputPath: at('out') },
  };
}

const ENDS: readonly (readonly [type: JobType, point: string, status: string, outputs: number])[] = [
  ['training', 'staged', 'Failed', 0],
  ['processing', 'staged', 'Failed', 0],
  ['processing', 'half published', 'Completed', 2],
  ['transform', 'decided', 'Completed', 2],
];

test.each(ENDS)(
  'a %s job of one attempt whose process is killed once it has %s has %s, and leaves nothing staged',
  async (type, point, status, count) => {
    await using fixture = await openJobs({ executor: createProcessExecutor() });
    await haltIn(fixture, type, await singleRequest(type, fixture), point, 'SIGKILL');
    expect(staged(fixture)).not.toEqual([]);
    await fixture.jobs.recover();
    expect((await fixture.jobs[type].record('j')).status).toBe(status);
    expect(await outputs(fixture)).toHaveLength(count);
    expect(staged(fixture)).toEqual([]);
  },
);

/** On S3 an attempt may also be killed while it uploads. */
const S3_POINTS: readonly (readonly [point: string, signal: NodeJS.Signals, attempts: number])[] = [
  ['begun to upload', 'SIGKILL', 2],
  ['staged', 'SIGKILL', 2],
  ['decided', 'SIGKILL', 1],
  ['half published', 'SIGKILL', 1],
  ['published', 'SIGKILL', 1],
  ['staged', 'SIGSTOP', 2],
];

test.each(S3_POINTS)(
  'on S3, a job whose process has %s when it gets %s has its outputs once, and no upload stays open',
  async (point, signal, attempts) => {
    await using s3 = await openS3();
    await using fixture = await openJobs({ executor: createProcessExecutor(), s3: s3.options });
    const owner = await startHalting(fixture, point, signal, s3.url);
    const halted = await openUploads(s3);
    expect(halted.length, 'what it has left').toBe(UPLOADS_OPEN[point]);
    await expect.poll(() => recovered(fixture), { timeout: 120_000, interval: 100 }).toBe(true);
    await expectOneResult(fixture, attempts);
    owner.kill('SIGCONT');
    if (owner.exitCode === null && owner.signalCode === null) await once(owner, 'exit');
    expect(await openUploads(s3)).toEqual([]);
    expect(await listUploads(fixture.state)).toEqual([]);
  },
);

/** Uploads that are open when a process is halted. */
const UPLOADS_OPEN: Readonly<Record<string, number>> = {
  'begun to upload': 1,
  staged: 2,
  decided: 2,
  'half published': 1,
  published: 0,
};

test('a job of one attempt whose process is killed while it writes files leaves none under a temporary name', async () => {
  await using fixture = await openJobs({ executor: createProcessExecutor() });
  const out = join(fixture.home, 'out');
  const request = await trainingRequest(fixture, 'j', NUMBERED, {
    OutputDataConfig: { S3OutputPath: `file://${out}` },
  });
  await haltIn(fixture, 'training', request, 'begun to write', 'SIGKILL');
  expect(readdirSync(out, { recursive: true }).filter((name) => String(name).endsWith('.part'))).toHaveLength(
    1,
  );
  await fixture.jobs.recover();
  expect((await fixture.jobs.training.record('j')).status).toBe('Failed');
  expect(
    readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
  ).toEqual([]);
  expect(await listUploads(fixture.state)).toEqual([]);
});

interface OpenS3 extends AsyncDisposable {
  readonly url: string;
  readonly options: NonNullable<Parameters<typeof openJobs>[0]>['s3'];
}

async function openS3(): Promise<OpenS3> {
  const s3: TestS3 = await startS3();
  return {
    url: s3.url,
    options: { endpoint: s3.url, credentials: testCredentials },
    [Symbol.asyncDispose]: () => s3.close(),
  };
}

/** The keys of uploads that are open. */
async function openUploads({ url }: OpenS3): Promise<string[]> {
  const client = new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: testCredentials,
  });
  try {
    const Bucket = defaultBucket(DEFAULT_ACCOUNT);
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    return Uploads.map(({ Key = '' }) => Key);
  } finally {
    client.destroy();
  }
}
