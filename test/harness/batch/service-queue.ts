import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DescribeServiceJobResponse, SubmitServiceJobCommandInput } from '@aws-sdk/client-batch';
import {
  CreateTrainingJobCommand,
  type CreateTrainingJobRequest,
  DescribeTrainingJobCommand,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import type { ServeFixture } from '../sluice-serve.ts';

type Kept = { -readonly [Key in keyof DescribeServiceJobResponse]: DescribeServiceJobResponse[Key] } & {
  clientToken?: string | undefined;
};

/** A queue of AWS Batch for training jobs, which moto has not: what is submitted runs at a `sluice serve`, which answers all else. */
export interface ServiceQueue extends AsyncDisposable {
  readonly url: string;
  readonly jobs: Map<string, Kept>;
  readonly submissions: SubmitServiceJobCommandInput[];
  /** The names of Batch's operations that were asked for, in order. */
  readonly asked: string[];
  /** Whether jobs that were submitted are not listed yet. */
  blind: boolean;
  /** Gives a job that waits to SageMaker, and goes on as its training job does. */
  begin(id: string): Promise<void>;
}

type Operation = (queue: ServiceQueue, input: never, serve: ServeFixture) => object | Promise<object>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  describejobqueues,
  submitservicejob,
  describeservicejob,
  listservicejobs,
  terminateservicejob,
};
const LOOK_MS = 50;

/** Starts one, with the queue `training` and the queue `jobs`, which is of another type. */
export async function startServiceQueue(serve: ServeFixture): Promise<ServiceQueue> {
  const server = createServer((incoming, outgoing) => {
    answer(queue, serve, incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const following = new Set<Promise<void>>();
  const closed = new AbortController();
  const queue: ServiceQueue = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    jobs: new Map(),
    submissions: [],
    asked: [],
    blind: false,
    async begin(id) {
      const job = queue.jobs.get(id) as Kept;
      const payload = JSON.parse(job.serviceRequestPayload as string) as CreateTrainingJobRequest;
      // Batch gives tries names of its own.
      const TrainingJobName = `${payload.TrainingJobName}-try`;
      const { TrainingJobArn: value } = await serve.sagemaker.send(
        new CreateTrainingJobCommand({ ...payload, TrainingJobName }),
      );
      job.latestAttempt = { serviceResourceId: { name: 'TrainingJobArn', value } };
      job.status = 'RUNNING';
      following.add(follow(job, TrainingJobName, serve, closed.signal));
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
      await Promise.all(following);
      server.closeAllConnections();
      server.close();
    },
  };
  return queue;
}

async function follow(job: Kept, name: string, serve: ServeFixture, closed: AbortSignal): Promise<void> {
  let isStopped = false;
  while (!closed.aborted) {
    const names = { TrainingJobName: name };
    if (job.isTerminated && !isStopped) {
      isStopped = true;
      await serve.sagemaker.send(new StopTrainingJobCommand(names)).catch(() => undefined);
    }
    const { TrainingJobStatus: status, FailureReason: reason } = await serve.sagemaker.send(
      new DescribeTrainingJobCommand(names),
    );
    if (status === 'Completed' || status === 'Failed' || status === 'Stopped') {
      job.status = status === 'Completed' ? 'SUCCEEDED' : 'FAILED';
      if (status !== 'Completed') job.statusReason = `Received status from SageMaker: ${reason ?? status}`;
      job.stoppedAt = Date.now();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function answer(
  queue: ServiceQueue,
  serve: ServeFixture,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const name = /^\/v1\/([a-z]+)$/.exec(incoming.url ?? '')?.[1] ?? '';
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (!operation) return forward(serve, incoming, outgoing);
  queue.asked.push(name);
  const body = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>)).toString();
  try {
    const result = await operation(queue, JSON.parse(body || '{}') as never, serve);
    outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
  } catch (error) {
    outgoing
      .writeHead(400, { 'content-type': 'application/json', 'x-amzn-errortype': 'ClientException' })
      .end(JSON.stringify({ message: (error as Error).message }));
  }
}

function forward({ url }: ServeFixture, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, headers } = incoming;
  const asked = request(new URL(incoming.url ?? '/', url), { method, headers }, (response) => {
    outgoing.writeHead(response.statusCode ?? 500, response.headers);
    response.pipe(outgoing);
  });
  asked.on('error', (error) => outgoing.destroy(error));
  incoming.pipe(asked);
}

function describejobqueues(_: ServiceQueue, { jobQueues }: { jobQueues: string[] }): object {
  const types: Readonly<Record<string, string>> = { training: 'SAGEMAKER_TRAINING', jobs: 'ECS' };
  const found = jobQueues.filter((name) => Object.hasOwn(types, name));
  return {
    jobQueues: found.map((jobQueueName) => ({
      jobQueueName,
      jobQueueArn: `arn:aws:batch:us-east-1:123456789012:job-queue/${jobQueueName}`,
      state: 'ENABLED',
      status: 'VALID',
      priority: 1,
      jobQueueType: types[jobQueueName],
    })),
  };
}

function submitservicejob(queue: ServiceQueue, input: SubmitServiceJobCommandInput): object {
  const taken = [...queue.jobs.values()].some(({ clientToken }) => clientToken === input.clientToken);
  if (taken) throw new Error('A job with this clientToken was submitted already.');
  queue.submissions.push(input);
  const { jobName, jobQueue, serviceJobType, serviceRequestPayload, clientToken, tags } = input;
  const jobId = randomUUID();
  const jobArn = `arn:aws:batch:us-east-1:123456789012:service-job/${jobId}`;
  const more = { createdAt: Date.now(), startedAt: undefined, status: 'RUNNABLE' as const };
  queue.jobs.set(jobId, {
    jobId,
    jobArn,
    jobName,
    jobQueue,
    serviceJobType,
    serviceRequestPayload,
    clientToken,
    tags,
    ...more,
  });
  return { jobId, jobArn, jobName };
}

function describeservicejob({ jobs }: ServiceQueue, { jobId }: { jobId: string }): object {
  const job = jobs.get(jobId);
  if (!job) throw new Error(`Service job ${jobId} does not exist`);
  const { clientToken: _, ...told } = job;
  return told;
}

interface ListInput {
  readonly jobQueue: string;
  readonly jobStatus?: string;
  readonly filters?: readonly { readonly values: readonly string[] }[];
  readonly nextToken?: string;
}

/** A page has 100 jobs. */
function listservicejobs(
  { jobs, blind }: ServiceQueue,
  { jobQueue, jobStatus, filters, nextToken }: ListInput,
): object {
  const name = filters?.[0]?.values[0]?.toLowerCase();
  const found = [...jobs.values()].filter(
    (job) =>
      !blind &&
      job.jobQueue === jobQueue &&
      (name === undefined ? job.status === jobStatus : job.jobName?.toLowerCase() === name),
  );
  const start = Number(nextToken ?? 0);
  const jobSummaryList = found
    .slice(start, start + 100)
    .map(({ jobId, jobName, createdAt, status, latestAttempt }) => ({
      jobId,
      jobName,
      createdAt,
      status,
      latestAttempt,
    }));
  const isLast = start + 100 >= found.length;
  return { jobSummaryList, ...(!isLast && { nextToken: String(start + 100) }) };
}

function terminateservicejob(
  { jobs }: ServiceQueue,
  { jobId, reason }: { jobId: string; reason: string },
): object {
  const job = jobs.get(jobId) as Kept;
  job.isTerminated = true;
  if (job.latestAttempt) return {};
  job.status = 'FAILED';
  job.statusReason = reason;
  job.stoppedAt = Date.now();
  return {};
}
