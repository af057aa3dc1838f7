import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateTrainingJobCommand,
  type CreateTrainingJobRequest,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobResponse,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { expect } from 'vitest';
import { serverFile } from '../../src/core/home.ts';
import { type ProgramOptions, type RunningProgram, startSluice } from './sluice.ts';

/** A `sluice serve` of its own process, and AWS's clients of it. Dispose of it: it is told to stop. */
export interface ServeFixture extends AsyncDisposable {
  readonly program: RunningProgram;
  readonly url: string;
  readonly sagemaker: SageMakerClient;
  readonly s3: S3Client;
  /** `kill -9`. Resolves once the process is gone. */
  kill(): Promise<void>;
  /** Ctrl-C. Resolves once the process is gone. */
  stop(): Promise<void>;
}

/** Starts `sluice serve` on a free port. */
export async function startServe(
  home: string,
  args: readonly string[] = [],
  options: ProgramOptions = {},
): Promise<ServeFixture> {
  const program = startSluice(['serve', '--port', '0', ...args], { ...options, home });
  await program.printed('Ctrl-C stops it.');
  const { url } = JSON.parse(await readFile(serverFile(home), 'utf8')) as { url: string };
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const config = { endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 };
  const sagemaker = new SageMakerClient(config);
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    sagemaker.destroy();
    s3.destroy();
    const { child } = program;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    // Its pipes may be open for longer: jobs have no part in them.
    await once(child, 'exit');
  };
  return {
    program,
    url,
    sagemaker,
    s3,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    [Symbol.asyncDispose]: async () => {
      // Told twice, it kills jobs that ignore SIGTERM.
      const again = setTimeout(() => program.child.kill('SIGTERM'), 5000);
      await end('SIGTERM').finally(() => clearTimeout(again));
    },
  };
}

/** Puts a Node program into the bucket `bucket` and trains with it. */
export async function trainWith(
  { sagemaker, s3 }: ServeFixture,
  name: string,
  source: string,
  more: Partial<CreateTrainingJobRequest> = {},
): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' })).catch(() => undefined);
  await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: `${name}/main.mjs`, Body: source }));
  await sagemaker.send(new CreateTrainingJobCommand({ ...serveTrainingRequest(name), ...more }));
}

/** The request of {@link trainWith}. */
export function serveTrainingRequest(name: string): CreateTrainingJobRequest {
  return {
    TrainingJobName: name,
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    AlgorithmSpecification: {
      TrainingImage: 'sluice/node:24',
      TrainingInputMode: 'File',
      ContainerEntrypoint: ['node', '/opt/ml/input/data/code/main.mjs'],
    },
    InputDataConfig: [
      {
        ChannelName: 'code',
        DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://bucket/${name}/` } },
      },
    ],
    OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 600 },
  };
}

/** What DescribeTrainingJob answers. */
export function describeJob({ sagemaker }: ServeFixture, name: string): Promise<DescribeTrainingJobResponse> {
  return sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
}

/** Waits until a job has this status or secondary status. */
export async function waitFor(
  serve: ServeFixture,
  name: string,
  status: string,
): Promise<DescribeTrainingJobResponse> {
  let job: DescribeTrainingJobResponse | undefined;
  await expect
    .poll(
      async () => {
        job = await describeJob(serve, name);
        return [job.TrainingJobStatus, job.SecondaryStatus];
      },
      { timeout: 60_000, interval: 20 },
    )
    .toContain(status);
  return job as DescribeTrainingJobResponse;
}
