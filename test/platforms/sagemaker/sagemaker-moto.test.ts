// Needs: python
// moto holds requests and answers against the shapes of AWS's own models; its jobs do not run.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeTrainingJobCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bundles } from '../../../src/bundles/index.ts';
import { DEFAULT_ACCOUNT } from '../../../src/core/account.ts';
import type { BatchTransformTask, JobTask, ProcessingTask, TrainingTask } from '../../../src/graph/index.ts';
import { createDirectoryStore } from '../../../src/objects/directory/create-directory-store.ts';
import { createSageMakerPlatform, type Platform } from '../../../src/platforms/index.ts';
import { type Moto, startMoto } from '../../harness/moto.ts';

/** Not the account of who asks: only a role leads there. */
const THERE = '444455556666';

let moto: Moto;
let directory: string;
let platform: Platform;

beforeAll(async () => {
  moto = await startMoto();
  directory = await mkdtemp(join(tmpdir(), 'sluice-sagemaker-moto-'));
  await mkdir(join(directory, 'code'));
  for (const name of ['train.py', 'inference.py', 'data.csv'])
    await writeFile(join(directory, 'code', name), '1\n');
  const home = createDirectoryStore(join(directory, 'home'));
  const stores = { store: () => home };
  platform = createSageMakerPlatform({
    settings: {
      sagemaker: {
        endpoint: moto.url,
        region: 'us-east-1',
        executionRole: `arn:aws:iam::${THERE}:role/SageMaker`,
        assumeRole: { arn: `arn:aws:iam::${THERE}:role/Sluice`, externalId: 'agreed-text' },
      },
    },
    stores,
    bundles: new Bundles({ stores, account: DEFAULT_ACCOUNT }),
    account: DEFAULT_ACCOUNT,
    environment: {},
    times: { firstMs: 20 },
  });
}, 600_000);

afterAll(async () => {
  await platform.detach();
  await moto.close();
  await rm(directory, { recursive: true });
});

const common = {
  interface: { inputs: {}, outputs: {} },
  instanceType: 'ml.m5.large',
  instanceCount: 1,
  volumeSizeInGB: 30,
  environment: { A: 'b' },
  maxRuntimeInSeconds: 600,
  tags: { team: 'ml' },
} as const;

function script(entry: string) {
  return { entry, directory: join(directory, 'code'), whole: true };
}

async function submitted(task: JobTask, inputs: Readonly<Record<string, string>>): Promise<string> {
  const key = `run/${task.name}/1`;
  const invocation = { task, inputs, jobName: task.name };
  const handle = await platform.submit(invocation, { idempotencyKey: key });
  // The same again is the same job, though moto answers with more than was asked for.
  expect(await platform.submit(invocation, { idempotencyKey: key })).toEqual(handle);
  const { createdAt } = await platform.status(handle);
  expect(createdAt).toBeInstanceOf(Date);
  return handle.jobName;
}

test('a training job of a role of another account has the shape that AWS takes, with the driver of an own image', async () => {
  const task: TrainingTask = {
    ...common,
    type: 'training',
    name: 'train',
    image: `${THERE}.dkr.ecr.us-east-1.amazonaws.com/own:1`,
    script: script('train.py'),
    channels: { train: { contentType: 'text/csv' } },
    hyperparameters: { epochs: 3 },
    metricDefinitions: [{ Name: 'loss', Regex: 'loss=(.*)' }],
    enableManagedSpotTraining: true,
    maxWaitTimeInSeconds: 1200,
    checkpoint: { localPath: '/opt/ml/checkpoints' },
    vpcConfig: { subnets: ['subnet-1'], securityGroupIds: ['sg-1'] },
    volumeKmsKeyId: 'key-1',
  };
  const name = await submitted(task, { train: `file://${join(directory, 'code/data.csv')}` });
  const sagemaker = new SageMakerClient(await there());
  const job = await sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
  sagemaker.destroy();
  expect(job.TrainingJobArn).toContain(`:${THERE}:training-job/`);
  expect(job).toMatchObject({
    RoleArn: `arn:aws:iam::${THERE}:role/SageMaker`,
    EnableManagedSpotTraining: true,
    ResourceConfig: { InstanceType: 'ml.m5.large', VolumeKmsKeyId: 'key-1' },
    InputDataConfig: [
      { ChannelName: 'train' },
      { ChannelName: 'sluice_code' },
      { ChannelName: 'sluice_driver' },
    ],
  });
  const s3 = new S3Client({ ...(await there()), forcePathStyle: true });
  const { Contents: objects = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: `sagemaker-us-east-1-${THERE}`, Prefix: 'sluice/' }),
  );
  s3.destroy();
  const names = objects.map(({ Key }) => Key?.replace(/[0-9a-f]{64}/, 'DIGEST'));
  expect(names).toEqual(
    expect.arrayContaining([
      'sluice/code/DIGEST/train.py',
      'sluice/data/DIGEST/data.csv',
      'sluice/driver/DIGEST/driver.py',
      'sluice/driver/DIGEST/plan.json',
    ]),
  );
});

test('so has a processing job', async () => {
  const task: ProcessingTask = {
    ...common,
    type: 'processing',
    name: 'process',
    framework: 'scikit-learn',
    script: script('train.py'),
    arguments: ['--a', 'b'],
    inputs: { raw: { localPath: '/opt/ml/processing/input/raw', inputMode: 'File' } },
    outputs: { clean: { localPath: '/opt/ml/processing/output/clean', uploadMode: 'EndOfJob' } },
    propertyFiles: {},
  };
  await submitted(task, { raw: `file://${join(directory, 'code/data.csv')}` });
});

test('so have a model and its batch transform', async () => {
  const s3 = new S3Client({ ...(await there()), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'models-1' }));
  await s3.send(new PutObjectCommand({ Bucket: 'models-1', Key: 'model.tar.gz', Body: 'x' }));
  s3.destroy();
  const task: BatchTransformTask = {
    ...common,
    type: 'batch_transform',
    name: 'score',
    framework: 'scikit-learn',
    script: script('inference.py'),
    splitType: 'Line',
    compressionType: 'None',
    assembleWith: 'Line',
    contentType: 'text/csv',
  };
  await submitted(task, { model: 's3://models-1/model.tar.gz', input: 's3://models-1/data' });
});

/** As somebody of that account. */
async function there() {
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const client = { endpoint: moto.url, region: 'us-east-1' };
  const credentials = fromTemporaryCredentials({
    masterCredentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    params: { RoleArn: `arn:aws:iam::${THERE}:role/Test` },
    clientConfig: client,
  });
  return { ...client, credentials };
}
