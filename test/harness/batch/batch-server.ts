import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  EcsTaskProperties,
  JobDetail,
  RegisterJobDefinitionCommandInput,
  SubmitJobCommandInput,
} from '@aws-sdk/client-batch';
import { type Moto, startMoto } from '../moto.ts';
import { withOverrides } from './with-overrides.ts';

/** How a task of ECS has gone. */
export interface TaskEnd {
  readonly exitCodes: Readonly<Record<string, number | undefined>>;
  readonly reasons?: Readonly<Record<string, string>>;
}

/** A task of ECS that runs. */
export interface RunningTask {
  readonly ended: Promise<TaskEnd>;
  /** Once its containers run, or begin to. */
  readonly started: Promise<void>;
  /** The log streams of its containers, by name. */
  readonly streams: Readonly<Record<string, string>>;
  /** Why containers did not start, by name, while the task runs, too. @default nobody tells */
  readonly reasons?: () => Readonly<Record<string, string>>;
  stop(): void;
}

/** Runs tasks. */
export type RunTask = (task: {
  readonly id: string;
  readonly properties: EcsTaskProperties;
  /** Those that Batch gives to each container. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it has a network of its own: as nodes of a job of several do, and children of an array, which fill a machine each. */
  readonly isNode: boolean;
}) => RunningTask;

type Kept = { -readonly [Key in keyof JobDetail]: JobDetail[Key] } & {
  submitted: SubmitJobCommandInput;
  definition: RegisterJobDefinitionCommandInput;
  task?: RunningTask | undefined;
  spotReason?: string | undefined;
};

/**
 * AWS Batch as far as jobs of several containers go, which moto has not: what is registered runs in tasks. All else
 * (queues, parameters, roles, S3, logs) is moto's.
 */
export interface BatchServer extends AsyncDisposable {
  readonly url: string;
  readonly moto: Moto;
  readonly jobs: Map<string, Kept>;
  readonly definitions: RegisterJobDefinitionCommandInput[];
  readonly submissions: SubmitJobCommandInput[];
  /** The names of Batch's operations that were asked for, in order. */
  readonly asked: string[];
  /** While it is set, every operation of Batch's is refused with this error. */
  refusal: { readonly status: number; readonly name: string; readonly message: string } | undefined;
  /** Whether jobs that were submitted are not listed yet. */
  blind: boolean;
  /** The machine of a job is taken away. */
  reclaim(id: string): void;
}

const OPERATIONS: Readonly<Record<string, (server: State, input: never) => Promise<object> | object>> = {
  registerjobdefinition,
  describejobdefinitions,
  submitjob,
  describejobs,
  listjobs,
  terminatejob,
};

interface State extends BatchServer {
  readonly run: RunTask;
}

/** Starts one. Dispose of it. @param host - Where it listens */
export async function startBatch(run: RunTask, host = '127.0.0.1'): Promise<BatchServer> {
  const moto = await startMoto();
  const server = createServer((incoming, outgoing) => {
    answer(state, incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error));
  }).listen(0, host);
  await once(server, 'listening');
  const state: State = {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    moto,
    run,
    jobs: new Map(),
    definitions: [],
    submissions: [],
    asked: [],
    refusal: undefined,
    blind: false,
    reclaim(id) {
      const job = state.jobs.get(id);
      if (!job) return;
      job.spotReason = 'Host EC2 (instance i-0123456789abcdef0) terminated.';
      job.task?.stop();
    },
    async [Symbol.asyncDispose]() {
      const tasks = [...state.jobs.values()].flatMap(({ task }) => task ?? []);
      for (const task of tasks) task.stop();
      await Promise.all(tasks.map(({ ended }) => ended));
      server.closeAllConnections();
      server.close();
      await moto.close();
    },
  };
  return state;
}

async function answer(state: State, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const name = /^\/v1\/([a-z]+)$/.exec(incoming.url ?? '')?.[1];
  const operation = name === undefined ? undefined : OPERATIONS[name];
  if (name !== undefined && incoming.headers['user-agent']) state.asked.push(name);
  if (name !== undefined && state.refusal) return refuse(outgoing, state.refusal);
  if (!operation) return forward(state, incoming, outgoing);
  const body = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>)).toString();
  try {
    const result = await operation(state, JSON.parse(body || '{}') as never);
    outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
  } catch (error) {
    refuse(outgoing, { status: 400, name: 'ClientException', message: (error as Error).message });
  }
}

function refuse(
  outgoing: ServerResponse,
  { status, name, message }: NonNullable<BatchServer['refusal']>,
): void {
  outgoing
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': name })
    .end(JSON.stringify({ message }));
}

function forward({ moto }: State, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, url, headers } = incoming;
  const asked = request(new URL(url ?? '/', moto.url), { method, headers }, (response) => {
    outgoing.writeHead(response.statusCode ?? 500, response.headers);
    response.pipe(outgoing);
  });
  asked.on('error', (error) => outgoing.destroy(error));
  incoming.pipe(asked);
}

function registerjobdefinition(state: State, input: RegisterJobDefinitionCommandInput): object {
  state.definitions.push(input);
  const name = input.jobDefinitionName as string;
  const revision = state.definitions.filter(({ jobDefinitionName }) => jobDefinitionName === name).length;
  return { jobDefinitionName: name, revision, jobDefinitionArn: arnOf(name, revision) };
}

function arnOf(name: string, revision: number): string {
  return `arn:aws:batch:us-east-1:123456789012:job-definition/${name}:${revision}`;
}

function describejobdefinitions(
  state: State,
  { jobDefinitionName: name }: { jobDefinitionName: string },
): object {
  const found = state.definitions.filter(({ jobDefinitionName }) => jobDefinitionName === name);
  return {
    jobDefinitions: found
      .map((definition, index) => ({
        ...definition,
        revision: index + 1,
        jobDefinitionArn: arnOf(name, index + 1),
      }))
      .toReversed(),
  };
}

function submitjob(state: State, input: SubmitJobCommandInput): object {
  const [, name, revision] = /job-definition\/(.+):(\d+)$/.exec(input.jobDefinition ?? '') ?? [];
  const definition = state.definitions.filter(({ jobDefinitionName }) => jobDefinitionName === name)[
    Number(revision) - 1
  ];
  if (!definition) throw new Error(`JobDefinition ${input.jobDefinition} does not exist`);
  state.submissions.push(input);
  const id = randomUUID();
  const size = input.arrayProperties?.size;
  const nodes = definition.nodeProperties?.numNodes;
  const job = keep(state, id, input, definition);
  if (size !== undefined) {
    job.arrayProperties = { size };
    job.status = 'PENDING';
    const children = Array.from({ length: size }, (_, index) =>
      start(state, keep(state, `${id}:${index}`, input, definition), {
        AWS_BATCH_JOB_ARRAY_INDEX: String(index),
      }),
    );
    void follow(job, children);
  } else if (nodes !== undefined) {
    job.nodeProperties = definition.nodeProperties;
    const children = Array.from({ length: nodes }, (_, index) => {
      const node = keep(state, `${id}#${index}`, input, definition);
      node.nodeDetails = { nodeIndex: index, isMainNode: index === 0 };
      return start(state, node, {
        AWS_BATCH_JOB_NODE_INDEX: String(index),
        AWS_BATCH_JOB_NUM_NODES: String(nodes),
        AWS_BATCH_JOB_MAIN_NODE_INDEX: '0',
      });
    });
    void follow(job, children);
  } else void start(state, job, {});
  return { jobId: id, jobName: input.jobName, jobArn: `arn:aws:batch:us-east-1:123456789012:job/${id}` };
}

function keep(
  state: State,
  jobId: string,
  submitted: SubmitJobCommandInput,
  definition: RegisterJobDefinitionCommandInput,
): Kept {
  const job: Kept = {
    jobId,
    jobName: submitted.jobName,
    jobQueue: submitted.jobQueue,
    jobDefinition: submitted.jobDefinition,
    status: 'RUNNABLE',
    createdAt: Date.now(),
    startedAt: undefined,
    attempts: [],
    tags: submitted.tags,
    submitted,
    definition,
  };
  state.jobs.set(jobId, job);
  return job;
}

/** An array, or a job of several nodes, is as its children are. */
async function follow(job: Kept, children: readonly Promise<Kept>[]): Promise<void> {
  job.status = 'RUNNING';
  job.startedAt = Date.now();
  const ended = await Promise.all(children);
  job.stoppedAt = Date.now();
  job.status = ended.every(({ status }) => status === 'SUCCEEDED') ? 'SUCCEEDED' : 'FAILED';
  job.statusReason ??= ended.find(({ statusReason }) => statusReason !== undefined)?.statusReason;
}

async function start(state: State, job: Kept, index: Readonly<Record<string, string>>): Promise<Kept> {
  const most = job.submitted.retryStrategy?.attempts ?? 1;
  for (let attempt = 1; attempt <= most; attempt++) {
    if (job.isTerminated) break;
    const properties = withOverrides(job.definition, job.submitted, job.nodeDetails?.nodeIndex);
    const environment = {
      AWS_BATCH_JOB_ID: job.jobId as string,
      AWS_BATCH_JOB_ATTEMPT: String(attempt),
      AWS_BATCH_JQ_NAME: job.jobQueue as string,
      ...index,
    };
    job.status = 'STARTING';
    const id = randomUUID().replaceAll('-', '');
    const isNode = job.nodeDetails !== undefined || index['AWS_BATCH_JOB_ARRAY_INDEX'] !== undefined;
    const task = state.run({ id, properties, environment, isNode });
    job.task = task;
    await task.started;
    job.startedAt ??= Date.now();
    job.status = 'RUNNING';
    if (job.isTerminated) task.stop();
    const end = await task.ended;
    job.attempts = [...(job.attempts ?? []), attemptOf(job, properties, task, end)];
    const essential = properties.containers?.find((each) => each.essential !== false)?.name ?? '';
    job.stoppedAt = Date.now();
    job.statusReason = job.spotReason ?? job.statusReason ?? 'Essential container in task exited';
    const isDone = end.exitCodes[essential] === 0 && !job.isTerminated && job.spotReason === undefined;
    job.status = isDone ? 'SUCCEEDED' : 'FAILED';
    if (job.spotReason === undefined) break;
    // As `Host EC2*` of its retry strategy says.
    if (attempt < most) {
      job.spotReason = undefined;
      job.statusReason = undefined;
      job.status = 'RUNNABLE';
      job.stoppedAt = undefined;
    }
  }
  if (job.isTerminated && job.status !== 'SUCCEEDED') {
    job.status = 'FAILED';
    job.stoppedAt ??= Date.now();
  }
  return job;
}

function attemptOf(job: Kept, properties: EcsTaskProperties, { streams }: RunningTask, end: TaskEnd) {
  const containers = (properties.containers ?? []).map(({ name = '' }) => ({
    name,
    exitCode: end.exitCodes[name],
    reason: end.reasons?.[name],
    logStreamName: streams[name],
  }));
  return {
    startedAt: job.startedAt,
    stoppedAt: Date.now(),
    statusReason: job.spotReason ?? job.statusReason,
    taskProperties: [{ containers }],
  };
}

function describejobs(state: State, { jobs: ids }: { jobs: string[] }): object {
  if (ids.length > 100) throw new Error('at most 100 jobs');
  const found = ids.flatMap((id) => state.jobs.get(id) ?? []);
  return {
    jobs: found.map(({ submitted: _s, definition: _d, task, spotReason: _r, ...job }) => ({
      ...job,
      ...(task && { ecsProperties: containersOf(task) }),
    })),
  };
}

function containersOf({ streams, reasons = () => ({}) }: RunningTask) {
  const told = reasons();
  const containers = Object.entries(streams).map(([name, logStreamName]) => ({
    name,
    logStreamName,
    ...(told[name] !== undefined && { reason: told[name] }),
  }));
  return { taskProperties: [{ containers }] };
}

interface ListInput {
  readonly jobQueue?: string;
  readonly arrayJobId?: string;
  readonly multiNodeJobId?: string;
  readonly jobStatus?: string;
  readonly filters?: readonly { readonly values: readonly string[] }[];
}

function listjobs(state: State, input: ListInput): object {
  const { arrayJobId: array, multiNodeJobId: nodes, jobStatus, filters, jobQueue } = input;
  const name = filters?.[0]?.values[0]?.toLowerCase();
  const isAsked = ({ jobId = '', jobName, status, jobQueue: queue }: Kept): boolean => {
    if (array !== undefined) return jobId.startsWith(`${array}:`) && status === jobStatus;
    if (nodes !== undefined) return jobId.startsWith(`${nodes}#`) && status === jobStatus;
    return !state.blind && !/[:#]/.test(jobId) && queue === jobQueue && jobName?.toLowerCase() === name;
  };
  const found = [...state.jobs.values()].filter(isAsked);
  return {
    jobSummaryList: found.map(({ jobId, jobName, createdAt, status }) => ({
      jobId,
      jobName,
      createdAt,
      status,
    })),
  };
}

function terminatejob(state: State, { jobId, reason }: { jobId: string; reason: string }): object {
  for (const [id, job] of state.jobs) {
    if (id !== jobId && !id.startsWith(`${jobId}:`) && !id.startsWith(`${jobId}#`)) continue;
    if (job.status === 'SUCCEEDED' || job.status === 'FAILED') continue;
    job.isTerminated = true;
    job.statusReason ??= reason;
    job.task?.stop();
  }
  return {};
}
