import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
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
import { pollUntil } from '../../src/core/poll-until.ts';
import { listRunners } from '../../src/home/job-runner/runner-files.ts';
import { isProcessAlive } from '../../src/state/index.ts';
import { type ProgramOptions, type RunningProgram, startSluice } from './sluice.ts';

/** A `sluice serve` of its own process, and AWS's clients of it. Dispose of it: it is told to stop. */
export interface ServeFixture extends AsyncDisposable {
  readonly program: RunningProgram;
  readonly url: string;
  /** The lines that it printed to export. */
  readonly exported: string;
  /** Those that it printed, else any. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly sagemaker: SageMakerClient;
  readonly s3: S3Client;
  /** `kill -9` of the server alone: its jobs go on. Resolves once the process is gone. */
  kill(): Promise<void>;
  /** `kill -9` of the server and of the processes that run its jobs. Resolves once all are gone. */
  killAll(): Promise<void>;
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
  return serveFixture(home, program);
}

/** A `sluice serve` that was started in another way. */
export async function serveFixture(home: string, program: RunningProgram): Promise<ServeFixture> {
  await program.printed('Ctrl-C stops it.');
  const { url } = JSON.parse(await readFile(serverFile(home), 'utf8')) as { url: string };
  const exported = program.output();
  const credentials = credentialsIn(exported) ?? { accessKeyId: 'test', secretAccessKey: 'test' };
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
    exported,
    credentials,
    sagemaker,
    s3,
    kill: () => end('SIGKILL'),
    killAll: async () => {
      await end('SIGKILL');
      await killRunners(home);
    },
    stop: () => end('SIGTERM'),
    [Symbol.asyncDispose]: async () => {
      // Told twice, it kills jobs that ignore SIGTERM.
      const again = setTimeout(() => program.child.kill('SIGTERM'), 5000);
      await end('SIGTERM').finally(() => clearTimeout(again));
    },
  };
}

/** `kill -9` of the processes that run the jobs of a home's servers. Resolves once they are gone. */
export async function killRunners(home: string): Promise<void> {
  const runners = listRunners(home);
  for (const { pid } of runners) process.kill(pid, 'SIGKILL');
  // Benchmarks ask for it, too, where there is no test runner.
  if (await pollUntil(() => !runners.some(isProcessAlive), { everyMs: 20, limitMs: 60_000 })) return;
  throw new Error(`A job runner of ${home} goes on after kill -9.`);
}

/** The home's own, where the server has printed them. */
function credentialsIn(exported: string): ServeFixture['credentials'] | undefined {
  const match = /AWS_ACCESS_KEY_ID=(AKIA\w+) AWS_SECRET_ACCESS_KEY=(\S+)/.exec(exported);
  return match ? { accessKeyId: match[1] as string, secretAccessKey: match[2] as string } : undefined;
}

/** The messages of a job's log, as CloudWatch Logs has them. */
export async function logMessages({ url, credentials }: ServeFixture, name: string): Promise<string[]> {
  const logs = new CloudWatchLogsClient({ endpoint: url, region: 'us-east-1', credentials });
  const streams = { logGroupName: '/aws/sagemaker/TrainingJobs', logStreamNamePrefix: `${name}/algo-1-` };
  const messages: string[] = [];
  try {
    for (let nextToken: string | undefined; ; ) {
      const page = await logs.send(new FilterLogEventsCommand({ ...streams, nextToken }));
      messages.push(...(page.events ?? []).map((event) => event.message as string));
      if (page.nextToken === undefined) return messages;
      nextToken = page.nextToken;
    }
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return [];
    throw error;
  } finally {
    logs.destroy();
  }
}

/** Waits until a job has logged a line. */
export async function waitForLine(serve: ServeFixture, name: string, line: string): Promise<void> {
  await expect.poll(() => logMessages(serve, name), { timeout: 120_000 }).toContain(line);
}

/** The secondary statuses that a job has passed through. */
export function statusesOf(job: DescribeTrainingJobResponse): (string | undefined)[] {
  return (job.SecondaryStatusTransitions ?? []).map((transition) => transition.Status);
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
      { timeout: 120_000, interval: 20 },
    )
    .toContain(status);
  return job as DescribeTrainingJobResponse;
}
