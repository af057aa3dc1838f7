import { existsSync, readFileSync } from 'node:fs';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  type Channel,
  CreateModelCommand,
  CreateTrainingJobCommand,
  CreateTransformJobCommand,
  DescribeTransformJobCommand,
} from '@aws-sdk/client-sagemaker';
import { expect, onTestFinished, test } from 'vitest';
import { runnersDirectory } from '../../src/core/home.ts';
import { listRunners } from '../../src/home/job-runner/runner-files.ts';
import { archive } from '../harness/endpoints.ts';
import { goOn, logOf, nothingLeft } from '../harness/job-files.ts';
import { startS3, testCredentials } from '../harness/s3-server.ts';
import { temporaryDirectories } from '../harness/sluice.ts';
import {
  describeJob,
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
    await trainWith(serve, 'early', '0');
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
  await expect.poll(lines, { timeout: 120_000 }).toBeGreaterThan(before + 50);
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

test('a job that reads a distant store through a mount outlives its server, and the mount goes with it', async () => {
  const home = await newDirectory();
  const store = await startS3({ verify: false });
  onTestFinished(() => store.close());
  await store.store.createBucket('bucket');
  const source = `
import { createReadStream, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
let bytes = 0;
for await (const chunk of createReadStream('/opt/ml/input/data/train/part')) {
  if (bytes === 0) console.log('reads');
  bytes += chunk.length;
  while (!existsSync('/opt/ml/go')) await sleep(5);
}
console.log(bytes);
`;
  await store.store.put('bucket', 'mounted/main.mjs', source);
  await store.store.put('bucket', 'data/part', Buffer.alloc(20_000_000));
  const environment = {
    SLUICE_S3: store.url,
    AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
  };
  const request = serveTrainingRequest('mounted');
  {
    await using serve = await startServe(home, [], { environment });
    const train = { ...(request.InputDataConfig?.[0] as Channel), ChannelName: 'train' };
    const DataSource = { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/data/' } } as const;
    const InputDataConfig = [
      ...(request.InputDataConfig ?? []),
      { ...train, InputMode: 'FastFile' as const, DataSource },
    ];
    await serve.sagemaker.send(new CreateTrainingJobCommand({ ...request, InputDataConfig }));
    await waitForLine(serve, 'mounted', 'reads');
    expect(mounts()).toContain(home);
    await serve.kill();
  }
  await using again = await startServe(home, [], { environment });
  goOn(home, 'mounted');
  await waitFor(again, 'mounted', 'Completed');
  expect(await logMessages(again, 'mounted')).toEqual(['reads', '20000000']);
  await nothingLeft(home, 'mounted');
  expect(mounts()).not.toContain(home);
});

test('a job goes on whose server was killed as soon as it was accepted', async () => {
  const home = await newDirectory();
  {
    await using serve = await startServe(home);
    expect(existsSync(runnersDirectory(home))).toBe(false);
    await trainWith(serve, 'quick', 'console.log(process.ppid)');
    await serve.kill();
  }
  await expect.poll(() => listRunners(home), { timeout: 120_000 }).toEqual([]);
  await using again = await startServe(home);
  await waitFor(again, 'quick', 'Completed');
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
    await trainWith(serve, 'early', '0');
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
    await expect.poll(() => logOf(home, 'scored', 'transform'), { timeout: 120_000 }).toContain('asked');
    await serve.kill();
  }
  await using again = await startServe(home);
  goOn(home, 'scored', 'transform');
  const describe = new DescribeTransformJobCommand({ TransformJobName: 'scored' });
  await expect
    .poll(async () => (await again.sagemaker.send(describe)).TransformJobStatus, { timeout: 120_000 })
    .toBe('Completed');
  expect(await objectOf(again, 'scores/a.csv.out')).toBe('1,2');
});

function mounts(): string {
  return readFileSync('/proc/self/mountinfo', 'utf8');
}

async function objectOf({ s3 }: ServeFixture, key: string): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: key }));
  return (await Body?.transformToString())?.trimEnd();
}
