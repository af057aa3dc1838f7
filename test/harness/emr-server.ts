import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startS3, type TestS3 } from './s3-server.ts';

/** A job run or step as the service keeps it; a test moves it on. */
export interface KeptJob {
  readonly id: string;
  readonly token: string | undefined;
  readonly name: string;
  readonly request: Record<string, unknown>;
  readonly createdAt: number;
  state: string;
  reason?: string;
  startedAt?: number;
  endedAt?: number;
  billedCpuHours?: number;
}

/** An application as the service keeps it. */
export interface KeptApplication {
  readonly id: string;
  readonly name: string;
  state: string;
  image?: string;
}

/** What speaks EMR's two protocols as far as jobs go, with a real S3 behind it, and STS's answer to who asks. Nothing runs. */
export interface EmrServer extends AsyncDisposable {
  readonly url: string;
  readonly s3: TestS3;
  readonly jobs: Map<string, KeptJob>;
  /** The applications of EMR Serverless; a test moves them on. */
  readonly applications: Map<string, KeptApplication>;
  /** The names of the operations that were asked for, in order. */
  readonly asked: string[];
  /** While it is set, every operation of EMR's is refused with this error. */
  refusal: { readonly status: number; readonly name: string; readonly message: string } | undefined;
  /** Whether steps are listed before they were added: as where two are added at one moment. */
  blind: boolean;
}

export const APPLICATION = '00f1application';
export const CLUSTER = 'j-CLUSTER';
const ENDED = new Set(['SUCCESS', 'FAILED', 'CANCELLED', 'COMPLETED', 'INTERRUPTED']);

const CALLER =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>A</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';

/** Starts one. Dispose of it. */
export async function startEmr(): Promise<EmrServer> {
  const s3 = await startS3({ verify: false });
  const server = createServer((incoming, outgoing) => void answer(emr, incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const emr: EmrServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    s3,
    jobs: new Map(),
    applications: new Map([[APPLICATION, { id: APPLICATION, name: 'spark', state: 'STARTED' }]]),
    asked: [],
    refusal: undefined,
    blind: false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await s3.close();
    },
  };
  return emr;
}

class Refused extends Error {
  readonly status: number;

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

async function answer(emr: EmrServer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const target = String(incoming.headers['x-amz-target'] ?? '');
  const path = /^\/applications\/([^/]+)\/jobruns(?:\/([^/?]+))?/.exec(incoming.url ?? '');
  const application = /^\/applications(?:\/([^/?]+)(\/start)?)?(?:\?|$)/.exec(incoming.url ?? '');
  if (incoming.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    outgoing.writeHead(200, { 'content-type': 'text/xml' }).end(CALLER);
    return;
  }
  if (!path && !application && !target.startsWith('ElasticMapReduce.'))
    return passOn(emr, incoming, outgoing);
  const text = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>)).toString();
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  try {
    if (emr.refusal) throw new Refused(emr.refusal.name, emr.refusal.message, emr.refusal.status);
    const method = incoming.method ?? '';
    const result = path
      ? serverless(emr, method, path[1] as string, path[2], body)
      : application
        ? applications(emr, method, application[1], application[2] !== undefined, body)
        : steps(emr, target.slice('ElasticMapReduce.'.length), body);
    send(outgoing, 200, result, path || application ? 'application/json' : 'application/x-amz-json-1.1');
  } catch (error) {
    const { name, message, status } =
      error instanceof Refused ? error : new Refused('InternalServerException', String(error), 500);
    outgoing.setHeader('x-amzn-errortype', name);
    send(outgoing, status, { __type: name, message }, 'application/x-amz-json-1.1');
  }
}

function send(outgoing: ServerResponse, status: number, body: unknown, type: string): void {
  outgoing.writeHead(status, { 'content-type': type });
  outgoing.end(JSON.stringify(body));
}

function applications(
  emr: EmrServer,
  method: string,
  applicationId: string | undefined,
  isStart: boolean,
  body: Record<string, unknown>,
): object {
  if (applicationId === undefined) {
    if (method === 'GET') {
      emr.asked.push('ListApplications');
      return {
        applications: [...emr.applications.values()].map(({ id, name, state }) => ({ id, name, state })),
      };
    }
    emr.asked.push('CreateApplication');
    const image = (body['imageConfiguration'] as { imageUri?: string } | undefined)?.imageUri;
    const made: KeptApplication = {
      id: `00f1made${emr.applications.size}`,
      name: String(body['name']),
      state: 'CREATED',
      ...(image !== undefined && { image }),
    };
    emr.applications.set(made.id, made);
    return { applicationId: made.id, name: made.name };
  }
  const known = emr.applications.get(applicationId);
  if (!known)
    throw new Refused('ResourceNotFoundException', `Application ${applicationId} does not exist`, 404);
  emr.asked.push(isStart ? 'StartApplication' : method === 'PATCH' ? 'UpdateApplication' : 'GetApplication');
  if (isStart) known.state = 'STARTING';
  if (method === 'PATCH')
    known.image = String((body['imageConfiguration'] as { imageUri?: string } | undefined)?.imageUri);
  const { image, ...told } = known;
  return {
    application: {
      applicationId,
      ...told,
      ...(image !== undefined && { imageConfiguration: { imageUri: image } }),
    },
  };
}

function serverless(
  emr: EmrServer,
  method: string,
  applicationId: string,
  id: string | undefined,
  body: Record<string, unknown>,
): object {
  if (!emr.applications.has(applicationId)) {
    throw new Refused('ResourceNotFoundException', `Application ${applicationId} does not exist`, 404);
  }
  if (id === undefined && method === 'GET') {
    emr.asked.push('ListJobRuns');
    const jobRuns = [...emr.jobs.values()].map((job) => ({
      id: job.id,
      name: job.name,
      state: job.state,
      applicationId,
    }));
    return { jobRuns };
  }
  if (id === undefined) {
    emr.asked.push('StartJobRun');
    const known = [...emr.jobs.values()].find(({ token }) => token === body['clientToken']);
    if (known && JSON.stringify(known.request) !== JSON.stringify(body)) {
      throw new Refused('ConflictException', 'The clientToken was used with other parameters.', 409);
    }
    const job =
      known ?? keep(emr, '00f2', String(body['name']), body, 'SUBMITTED', String(body['clientToken']));
    return {
      applicationId,
      jobRunId: job.id,
      arn: `arn:aws:emr-serverless:us-east-1:123456789012:/${job.id}`,
    };
  }
  emr.asked.push(method === 'DELETE' ? 'CancelJobRun' : 'GetJobRun');
  const job = emr.jobs.get(id);
  if (!job) throw new Refused('ResourceNotFoundException', `Job run ${id} does not exist`, 404);
  if (method === 'DELETE') {
    if (ENDED.has(job.state))
      throw new Refused('ValidationException', `Job run ${id} is in state ${job.state}`);
    Object.assign(job, { state: 'CANCELLED', endedAt: now() });
    return { applicationId, jobRunId: id };
  }
  const { configurationOverrides, jobDriver, executionRole } = job.request;
  return {
    jobRun: {
      applicationId,
      jobRunId: id,
      name: job.name,
      arn: `arn:aws:emr-serverless:us-east-1:123456789012:/${id}`,
      createdBy: 'arn:aws:iam::123456789012:user/me',
      createdAt: job.createdAt,
      updatedAt: job.endedAt ?? job.startedAt ?? job.createdAt,
      startedAt: job.startedAt,
      endedAt: job.endedAt,
      executionRole,
      state: job.state,
      stateDetails: job.reason ?? '',
      releaseLabel: 'emr-7.9.0',
      configurationOverrides,
      jobDriver,
      ...(job.billedCpuHours !== undefined && {
        billedResourceUtilization: { vCPUHour: job.billedCpuHours, memoryGBHour: 1, storageGBHour: 0 },
      }),
    },
  };
}

function steps(emr: EmrServer, operation: string, body: Record<string, unknown>): object {
  emr.asked.push(operation);
  const cluster = body['ClusterId'] ?? body['JobFlowId'];
  if (cluster !== CLUSTER)
    throw new Refused('InvalidRequestException', `Cluster id '${String(cluster)}' is not valid.`);
  const ids = body['StepIds'] as string[] | undefined;
  switch (operation) {
    case 'AddJobFlowSteps': {
      const added = (body['Steps'] as Record<string, unknown>[]).map((step) =>
        keep(emr, 's-', String(step['Name']), step, 'PENDING', undefined),
      );
      return { StepIds: added.map(({ id }) => id) };
    }
    case 'ListSteps': {
      if (emr.blind && ids === undefined) {
        emr.blind = false;
        return { Steps: [] };
      }
      const wanted = [...emr.jobs.values()].filter(({ id }) => ids === undefined || ids.includes(id));
      // The newest first.
      return { Steps: wanted.reverse().map(stepOf) };
    }
    case 'CancelSteps':
      for (const id of ids ?? []) {
        const job = emr.jobs.get(id);
        if (job && !ENDED.has(job.state)) Object.assign(job, { state: 'CANCELLED', endedAt: now() });
      }
      return { CancelStepsInfoList: (ids ?? []).map((StepId) => ({ StepId, Status: 'SUBMITTED' })) };
    case 'DescribeCluster':
      return { Cluster: { Id: CLUSTER, Name: 'c', LogUri: 's3n://cluster-logs/emr/' } };
    default:
      throw new Refused('InvalidAction', operation);
  }
}

function stepOf(job: KeptJob): object {
  const { Args, Jar } = job.request['HadoopJarStep'] as { Args: string[]; Jar: string };
  return {
    Id: job.id,
    Name: job.name,
    ActionOnFailure: 'CONTINUE',
    Config: { Jar, Args, Properties: {} },
    Status: {
      State: job.state,
      StateChangeReason: {},
      ...(job.reason !== undefined && { FailureDetails: { Reason: 'Unknown Error.', Message: job.reason } }),
      Timeline: { CreationDateTime: job.createdAt, StartDateTime: job.startedAt, EndDateTime: job.endedAt },
    },
  };
}

function keep(
  emr: EmrServer,
  prefix: string,
  name: string,
  body: Record<string, unknown>,
  state: string,
  token: string | undefined,
): KeptJob {
  const id = `${prefix}${randomUUID().replaceAll('-', '').slice(0, 13).toUpperCase()}`;
  const job: KeptJob = { id, token, name, request: body, createdAt: now() + emr.jobs.size / 1000, state };
  emr.jobs.set(id, job);
  return job;
}

/** Seconds since 1970, as both protocols tell times. */
export function now(): number {
  return Date.now() / 1000;
}

/** What is not of EMR is of the S3 behind it; signatures are held against the host that was asked. */
function passOn(emr: EmrServer, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const onward = request(
    {
      host: '127.0.0.1',
      port: emr.s3.port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
    },
    (response) => {
      outgoing.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(outgoing);
    },
  );
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}
