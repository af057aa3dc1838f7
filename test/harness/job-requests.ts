import type {
  Channel,
  CreateProcessingJobRequest,
  CreateTrainingJobRequest,
} from '@aws-sdk/client-sagemaker';
import { NODE_IMAGE } from '../../src/contract/images.ts';
import type { JobsFixture } from './jobs.ts';

const ROLE = 'arn:aws:iam::123456789012:role/Test';

/** A channel of everything below a prefix of the fixture's bucket, or of any URI. */
export function channel(
  fixture: JobsFixture,
  name: string,
  prefixOrUri: string,
  more: Partial<Channel> = {},
): Channel {
  const uri = prefixOrUri.includes('://') ? prefixOrUri : `s3://${fixture.bucket}/${prefixOrUri}`;
  return { ChannelName: name, DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: uri } }, ...more };
}

/** Puts the source of a Node program into the bucket and gives back the channel that carries it. */
export async function codeChannel(fixture: JobsFixture, name: string, source: string): Promise<Channel> {
  await putCode(fixture, name, source);
  return channel(fixture, 'code', `code/${name}/`);
}

/** Puts the source of a program into the bucket, as `main.<extension>`. */
export async function putCode(
  fixture: JobsFixture,
  name: string,
  source: string,
  extension = 'ts',
): Promise<void> {
  await fixture.store.put(fixture.bucket, `code/${name}/main.${extension}`, source);
  await fixture.store.put(fixture.bucket, `code/${name}/package.json`, '{"type":"module"}');
}

/** A CreateTrainingJob request whose code is a Node program. */
export async function trainingRequest(
  fixture: JobsFixture,
  name: string,
  source: string,
  more: Partial<CreateTrainingJobRequest> = {},
): Promise<CreateTrainingJobRequest> {
  const code = await codeChannel(fixture, name, source);
  return {
    TrainingJobName: name,
    RoleArn: ROLE,
    OutputDataConfig: { S3OutputPath: `s3://${fixture.bucket}/out` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    ...more,
    AlgorithmSpecification: {
      TrainingImage: NODE_IMAGE,
      TrainingInputMode: 'File',
      ContainerEntrypoint: ['node', '/opt/ml/input/data/code/main.ts'],
      ...more.AlgorithmSpecification,
    },
    InputDataConfig: [...(more.InputDataConfig ?? []), code],
  };
}

/** A CreateProcessingJob request whose code is a Node program. */
export async function processingRequest(
  fixture: JobsFixture,
  name: string,
  source: string,
  more: Partial<CreateProcessingJobRequest> = {},
): Promise<CreateProcessingJobRequest> {
  await putCode(fixture, name, source);
  const code = {
    InputName: 'code',
    S3Input: {
      S3Uri: `s3://${fixture.bucket}/code/${name}/`,
      LocalPath: '/opt/ml/processing/input/code',
      S3DataType: 'S3Prefix' as const,
      S3InputMode: 'File' as const,
    },
  };
  return {
    ProcessingJobName: name,
    RoleArn: ROLE,
    ProcessingResources: {
      ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.m5.large', VolumeSizeInGB: 1 },
    },
    ...more,
    AppSpecification: {
      ImageUri: NODE_IMAGE,
      ContainerEntrypoint: ['node', '/opt/ml/processing/input/code/main.ts'],
      ...more.AppSpecification,
    },
    ProcessingInputs: [...(more.ProcessingInputs ?? []), code],
  };
}

/** The text of an object in the fixture's bucket. */
export async function objectText(fixture: JobsFixture, key: string): Promise<string> {
  return (await objectBytes(fixture, key)).toString('utf8');
}

/** The bytes of an object in the fixture's bucket. */
export async function objectBytes(fixture: JobsFixture, key: string): Promise<Buffer> {
  const { body } = await fixture.store.get(fixture.bucket, key);
  return Buffer.concat(await Array.fromAsync(body));
}

/** The keys of the fixture's bucket below a prefix. */
export async function keysBelow(fixture: JobsFixture, prefix: string): Promise<string[]> {
  return (await Array.fromAsync(fixture.store.list(fixture.bucket, { prefix }))).map(({ key }) => key);
}
