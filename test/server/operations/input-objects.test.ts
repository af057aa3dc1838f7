import {
  CreateModelCommand,
  CreateTrainingJobCommand,
  CreateTransformJobCommand,
  DescribeTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { channel, trainingRequest } from '../../harness/job-requests.ts';
import { type ApiFixture, openApi } from '../harness.ts';

const ROLE = 'arn:aws:iam::123456789012:role/Test';

let api: ApiFixture;
beforeAll(async () => {
  api = await openApi({}, { findInput: true });
  await api.jobs.store.put(api.jobs.bucket, 'data/train.csv', '1\n');
  const container = { Image: 'sluice/node:24' };
  await api.client.send(
    new CreateModelCommand({ ModelName: 'model', PrimaryContainer: container, ExecutionRoleArn: ROLE }),
  );
});
afterAll(() => api[Symbol.asyncDispose]());

const message = (uri: string, bucket: string) =>
  `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the bucket exists in the selected region (us-east-1), that objects exist under that S3 prefix, and that the role "${ROLE}" has "s3:ListBucket" permissions on bucket "${bucket}".`;

async function trainOn(uri: string) {
  const more = { InputDataConfig: [channel(api.jobs, 'train', uri)] };
  const request = await trainingRequest(api.jobs, `train-${Date.now()}`, '', more);
  return api.client.send(new CreateTrainingJobCommand(request));
}

const transform = (uri: string, model: string) =>
  api.client.send(
    new CreateTransformJobCommand({
      TransformJobName: 'predict',
      ModelName: model,
      TransformInput: { DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: uri } } },
      TransformOutput: { S3OutputPath: `s3://${api.jobs.bucket}/out` },
      TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    }),
  );

test('a training job whose input has no objects is refused', async () => {
  const { bucket } = api.jobs;
  for (const [uri, in_] of [
    [`s3://${bucket}/absent/`, bucket],
    [`s3://${bucket}/data/train.csv/`, bucket],
    ['s3://no-such-bucket/data', 'no-such-bucket'],
  ] as const) {
    await expect(trainOn(uri)).rejects.toMatchObject({
      name: 'ValidationException',
      message: message(uri, in_),
    });
  }
});

test('a raw prefix of an object is enough, and Describe answers with the defaults of AWS', async () => {
  const { TrainingJobArn: arn } = await trainOn(`s3://${api.jobs.bucket}/data/tr`);
  const name = arn?.split('/').at(-1) as string;
  await api.jobs.jobs.training.wait(name);
  const job = await api.client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
  expect(job).toMatchObject({
    AlgorithmSpecification: { EnableSageMakerMetricsTimeSeries: false },
    InputDataConfig: [
      {
        DataSource: { S3DataSource: { S3DataDistributionType: 'FullyReplicated' } },
        CompressionType: 'None',
        RecordWrapperType: 'None',
      },
      {},
    ],
    OutputDataConfig: { KmsKeyId: '', CompressionType: 'GZIP' },
    EnableNetworkIsolation: false,
    EnableInterContainerTrafficEncryption: false,
    EnableManagedSpotTraining: false,
  });
});

test('a transform job whose input has no objects is refused, naming the role of its model', async () => {
  const uri = `s3://${api.jobs.bucket}/absent/`;
  await expect(transform(uri, 'model')).rejects.toMatchObject({
    name: 'ValidationException',
    message: message(uri, api.jobs.bucket),
  });
  await expect(transform(uri, 'no-model')).rejects.toMatchObject({
    message: expect.stringContaining('no-model') as string,
  });
});
