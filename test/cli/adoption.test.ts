import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  CreateModelCommand,
  CreateTransformJobCommand,
  DescribeTransformJobCommand,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { listRunners } from '../../src/cli/job-runner/runner-files.ts';
import { runnersDirectory } from '../../src/core/home.ts';
import { archive } from '../harness/endpoints.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';
import {
  describeJob,
  killRunners,
  logMessages,
  type ServeFixture,
  serveTrainingRequest,
  startServe,
  statusesOf,
  trainWith,
  waitFor,
  waitForLine,
} from '../harness/sluice-serve.ts';

const newDirectory = temporaryDirectories();
const retry = { RetryStrategy: { MaximumRetryAttempts: 1 } };
const LET_DOWN = expect.stringMatching(/^InternalServerError: We encountered an internal error/);

/** Runs until it is told to end by the file `/opt/ml/go`, or by SIGTERM. */
const WAITS = `
import { existsSync } from 'node:fs';
process.on('SIGTERM', () => { console.log('asked to end'); process.exit(0); });
console.log('waits');
setInterval(() => existsSync('/opt/ml/go') && process.exit(0), 5);
`;

/** Reads one epoch, and another in which it is held up; numbers the lines of its log. */
const READS = `
import { createReadStream, existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
let line = 0;
const say = (text) => console.log(line++ + ' ' + text);
async function read(epoch, onChunk) {
  let bytes = 0;
  for await (const chunk of createReadStream('/opt/ml/input/data/train_' + epoch)) {
    bytes += chunk.length;
    await onChunk(bytes);
  }
  writeFileSync('/opt/ml/checkpoints/epoch-' + epoch, String(bytes));
  say('epoch ' + epoch + ': ' + bytes);
}
await read(0, () => undefined);
const timer = setInterval(() => say('runs'), 2);
await read(1, async (bytes) => {
  while (bytes > 1_000_000 && !existsSync('/opt/ml/go')) await sleep(5);
});
clearInterval(timer);
writeFileSync('/opt/ml/model/weights', 'weights');
`;

test('a job in Pipe mode outlives its server: its log, its data and its checkpoints are whole', async () => {
  const home = await newDirectory();
  const data = Buffer.alloc(3_000_000, 'x');
  const lines = () => logOf(home, 'piped').split('\n').length - 1;
  {
    await using serve = await startServe(home);
    const { InputDataConfig = [] } = serveTrainingRequest('piped');
    await trainWith(serve, 'early', '');
    await serve.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'data/part', Body: data }));
    await trainWith(serve, 'piped', READS, {
      InputDataConfig: [
        ...InputDataConfig,
        {
          ChannelName: 'train',
          InputMode: 'Pipe',
          DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/data/' } },
        },
      ],
      CheckpointConfig: { S3Uri: 's3://bucket/checkpoints' },
    });
    await waitForLine(serve, 'piped', '5 runs');
    await serve.kill();
  }
  const before = lines();
  await expect.poll(lines, { timeout: 30_000 }).toBeGreaterThan(before + 50);
  await using again = await startServe(home);
  await again.program.printed('Going on: piped');
  expect(await describeJob(again, 'piped')).toMatchObject({ TrainingJobStatus: 'InProgress' });
  goOn(home, 'piped');
  const job = await waitFor(again, 'piped', 'Completed');
  expect(statusesOf(job)).toEqual(['Starting', 'Downloading', 'Training', 'Uploading', 'Completed']);
  expect(await objectOf(again, 'checkpoints/epoch-0')).toBe('3000000');
  expect(await objectOf(again, 'checkpoints/epoch-1')).toBe('3000000');
  const messages = await logMessages(again, 'piped');
  expect(messages.map((message) => Number(message.split(' ')[0]))).toEqual(messages.map((_, index) => index));
  expect(messages.at(-1)).toMatch(/ epoch 1: 3000000$/);
  await nothingLeft(home, 'piped');
});

test('a job goes on whose server was killed as soon as it was accepted', async () => {
  const home = await newDirectory();
  {
    await using serve = await startServe(home);
    expect(existsSync(runnersDirectory(home))).toBe(false);
    await trainWith(serve, 'quick', 'console.log(process.ppid)');
    await serve.kill();
  }
  await expect.poll(() => listRunners(home), { timeout: 30_000 }).toEqual([]);
  await using again = await startServe(home);
  expect(await describeJob(again, 'quick')).toMatchObject({ TrainingJobStatus: 'Completed' });
});

test('a batch transform outlives its server', async () => {
  const home = await newDirectory();
  const inference = `
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
export const modelFn = () => ({});
export async function predictFn(rows) {
  console.log('asked');
  while (!existsSync('/opt/ml/go')) await sleep(5);
  return rows;
}
`;
  {
    await using serve = await startServe(home);
    await trainWith(serve, 'early', '');
    const model = await archive({ 'code/inference.mjs': inference });
    await serve.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'model.tar.gz', Body: model }));
    await serve.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'rows/a.csv', Body: '1,2\n' }));
    await serve.sagemaker.send(
      new CreateModelCommand({
        ModelName: 'model',
        ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test',
        PrimaryContainer: {
          Image: 'sluice/node:24',
          ModelDataUrl: 's3://bucket/model.tar.gz',
          Environment: { SAGEMAKER_PROGRAM: 'inference.mjs' },
        },
      }),
    );
    await serve.sagemaker.send(
      new CreateTransformJobCommand({
        TransformJobName: 'scored',
        ModelName: 'model',
        TransformInput: {
          ContentType: 'text/csv',
          DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/rows/' } },
        },
        TransformOutput: { S3OutputPath: 's3://bucket/scores', Accept: 'text/csv' },
        TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
      }),
    );
    await expect.poll(() => logOf(home, 'scored', 'transform'), { timeout: 30_000 }).toContain('asked');
    await serve.kill();
  }
  await using again = await startServe(home);
  goOn(home, 'scored', 'transform');
  const describe = new DescribeTransformJobCommand({ TransformJobName: 'scored' });
  await expect
    .poll(async () => (await again.sagemaker.send(describe)).TransformJobStatus, { timeout: 30_000 })
    .toBe('Completed');
  expect(await objectOf(again, 'scores/a.csv.out')).toBe('1,2');
});

test.each(['its own', 'an adopted'] as const)(
  'a server accounts at once for the jobs of %s process that was killed',
  async (whose) => {
    const home = await newDirectory();
    let serve = await startServe(home);
    try {
      await trainWith(serve, 'retried', WAITS, retry);
      await trainWith(serve, 'failed', WAITS);
      for (const name of ['retried', 'failed']) await waitForLine(serve, name, 'waits');
      if (whose === 'an adopted') {
        await serve.kill();
        serve = await startServe(home);
      }
      await killRunners(home);
      expect(await waitFor(serve, 'failed', 'Failed')).toMatchObject({ FailureReason: LET_DOWN });
      await expect.poll(() => logMessages(serve, 'retried'), { timeout: 30_000 }).toEqual(['waits', 'waits']);
      goOn(home, 'retried');
      const job = await waitFor(serve, 'retried', 'Completed');
      expect(statusesOf(job)).toContain('Restarting');
    } finally {
      await serve[Symbol.asyncDispose]();
    }
  },
);

test('jobs that a server was told to leave are stopped through the next one', async () => {
  const home = await newDirectory();
  {
    await using serve = await startServe(home, ['--leave-jobs']);
    await trainWith(serve, 'left', WAITS);
    await waitForLine(serve, 'left', 'waits');
    await serve.stop();
    expect((await serve.program.ended).stderr).toContain('jobs go on');
  }
  expect(listRunners(home)).toHaveLength(1);
  await using again = await startServe(home, ['--leave-jobs']);
  await again.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'left' }));
  expect(statusesOf(await describeJob(again, 'left'))).toContain('Stopping');
  const job = await waitFor(again, 'left', 'Stopped');
  expect(job.SecondaryStatus).toBe('Stopped');
  expect(await logMessages(again, 'left')).toEqual(['waits', 'asked to end']);
  await nothingLeft(home, 'left');
});

test('a server that is told to stop ends adopted jobs too', async () => {
  const home = await newDirectory();
  {
    await using serve = await startServe(home);
    await trainWith(serve, 'adopted', WAITS);
    await waitForLine(serve, 'adopted', 'waits');
    await serve.kill();
  }
  {
    await using second = await startServe(home);
    await second.stop();
  }
  expect(listRunners(home)).toEqual([]);
  expect(logOf(home, 'adopted')).toContain('asked to end');
  await using third = await startServe(home);
  expect(await describeJob(third, 'adopted')).toMatchObject({
    TrainingJobStatus: 'Failed',
    FailureReason: LET_DOWN,
  });
});

test('told to stop twice, a server kills jobs that do not end', async () => {
  const home = await newDirectory();
  await using serve = await startServe(home);
  await trainWith(
    serve,
    'stubborn',
    "process.on('SIGTERM', () => console.log('no')); setInterval(() => 0, 1000); console.log('waits');",
  );
  await waitForLine(serve, 'stubborn', 'waits');
  serve.program.child.kill('SIGINT');
  await expect.poll(() => logOf(home, 'stubborn'), { timeout: 30_000 }).toContain('no');
  serve.program.child.kill('SIGINT');
  expect((await serve.program.ended).code).toBe(0);
  expect(listRunners(home)).toEqual([]);
});

test('a second server of the home is refused and leaves the jobs of the first alone', async () => {
  const home = await newDirectory();
  await using serve = await startServe(home);
  await trainWith(serve, 'undisturbed', WAITS);
  await waitForLine(serve, 'undisturbed', 'waits');
  const { code, stderr } = await sluice(['serve', '--port', '0'], { home });
  expect([code, stderr]).toEqual([1, expect.stringContaining('HomeLocked')]);
  goOn(home, 'undisturbed');
  await waitFor(serve, 'undisturbed', 'Completed');
  expect(await logMessages(serve, 'undisturbed')).toEqual(['waits']);
});

function logOf(home: string, name: string, type = 'training'): string {
  try {
    return readFileSync(join(home, 'jobs', type, name, 'logs', 'algo-1.log'), 'utf8');
  } catch {
    return '';
  }
}

/** Makes the file that the programs above wait for. */
function goOn(home: string, name: string, type = 'training'): void {
  writeFileSync(join(home, 'jobs', type, name, 'algo-1', 'opt', 'ml', 'go'), '');
}

async function objectOf({ s3 }: ServeFixture, key: string): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: key }));
  return (await Body?.transformToString())?.trimEnd();
}

/** The job's process ends once it has no job, and the job's data goes: FIFOs too. */
async function nothingLeft(home: string, name: string): Promise<void> {
  await expect.poll(() => listRunners(home), { timeout: 10_000 }).toEqual([]);
  expect(existsSync(join(home, 'jobs', 'training', name, 'algo-1'))).toBe(false);
}
