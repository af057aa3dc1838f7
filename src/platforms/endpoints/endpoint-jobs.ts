import type { DescribeEndpointOutput } from '@aws-sdk/client-sagemaker';
import { defaultRoleArn } from '../../contract/arns.ts';
import type { Account } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import type { EndpointTask } from '../../graph/index.ts';
import type { AwsAccess } from '../aws/aws-access.ts';
import type { JobHandle } from '../job-handle.ts';
import type { JobStatus, LogLine, LogOptions, SubmitOptions, TaskInvocation } from '../platform.ts';
import { Poller, type PollerTimes } from '../poller.ts';
import { isSettled } from './await-endpoint.ts';
import { isInProgress, isNotThere } from './endpoint-answers.ts';
import { type EndpointClients, endpointClients } from './endpoint-clients.ts';
import { endpointLogLines } from './endpoint-lines.ts';
import { lastEndpointLines } from './endpoint-log.ts';
import { type EndpointMarks, markCancelled, readMarks, scalingTags } from './endpoint-marks.ts';
import { endpointUrl } from './endpoint-url.ts';
import { findEndpoint, putEndpoint } from './put-endpoint.ts';
import { scaleEndpoint } from './scale-endpoint.ts';
import { endpointNameOf, taskSpec } from './task-spec.ts';

/** One call of an endpoint task. */
export interface EndpointInvocation extends TaskInvocation {
  readonly task: EndpointTask;
}

/** A call whose models and code are where it is served. */
export interface PreparedEndpoint {
  readonly invocation: EndpointInvocation;
  readonly account: Account;
  /** The archive of the script's code. Absent: there is no script. */
  readonly codeUri?: string | undefined;
}

/** What the endpoints of a platform's tasks are made with. */
export interface EndpointJobsOptions {
  /** The platform's name, for handles. */
  readonly platform: string;
  /** What serves them. Called anew each time: it may come and go. @throws SluiceError where nothing does */
  readonly access: () => Promise<AwsAccess>;
  /** Brings what a call needs to where it is served. @throws SluiceError */
  readonly prepare: (
    invocation: EndpointInvocation,
    access: AwsAccess,
    signal: AbortSignal | undefined,
  ) => Promise<PreparedEndpoint>;
  readonly times?: Partial<PollerTimes> | undefined;
}

/** How many of the last lines of the log a failure shows. */
const LOG_TAIL_LINES = 20;

/**
 * Endpoint tasks as jobs of a platform. The job is a change of the endpoint: its name is that of the configuration which
 * the endpoint is to have, made from the idempotency key; the endpoint's own is the handle's `ref`.
 *
 * By design: a change that is cancelled goes on as far as the server does not let it be stopped; an endpoint that it has
 * made is deleted then, one that was there before stays.
 */
export class EndpointJobs {
  readonly #options: EndpointJobsOptions;
  readonly #poller: Poller;

  constructor(options: EndpointJobsOptions) {
    this.#options = options;
    this.#poller = new Poller({
      statusOf: (handles) =>
        Promise.all(handles.map((each) => this.status(each).catch((error: unknown) => asError(error)))),
      isThrottled: (error) => error instanceof SluiceError && error.code === 'Throttled',
      times: options.times ?? {},
    });
  }

  /** @throws SluiceError where nothing goes on serving the endpoint */
  async check(): Promise<void> {
    await this.#options.access();
  }

  /** @see Platform.submit */
  async submit(invocation: TaskInvocation, { idempotencyKey, signal }: SubmitOptions): Promise<JobHandle> {
    const access = await this.#options.access();
    const clients = endpointClients(access);
    const call = invocation as EndpointInvocation;
    const { account, codeUri, ...prepared } = await this.#options.prepare(call, access, signal);
    const { task } = prepared.invocation;
    const roleArn = task.role ?? defaultRoleArn(account);
    const spec = taskSpec(task, prepared.invocation, { account, roleArn, codeUri });
    signal?.throwIfAborted();
    const tags = scalingTags(spec.variants[0]?.scaling);
    const { configName } = await access.call(`The endpoint '${spec.name}'`, () =>
      putEndpoint(spec, { clients, key: idempotencyKey, tags, signal }),
    );
    return {
      platform: this.#options.platform,
      jobType: 'endpoint',
      jobName: configName,
      ref: endpointNameOf(task),
    };
  }

  /** @see Platform.status */
  async status(handle: JobHandle): Promise<JobStatus> {
    const access = await this.#options.access();
    const clients = endpointClients(access);
    const name = endpointOf(handle);
    return access.call(`The endpoint '${name}'`, async () => {
      const sagemaker = await clients.sagemaker();
      const endpoint = await findEndpoint(sagemaker, name);
      if (endpoint && !isSettled(endpoint) && endpoint.EndpointConfigName !== handle.jobName)
        return underWay(endpoint);
      const marks = await readMarks(sagemaker, handle.jobName);
      if (!marks) throw jobNotFound(handle);
      if (!endpoint) {
        if (marks.isCancelled) return aborted(marks);
        throw jobNotFound(handle);
      }
      if (!isSettled(endpoint) && endpoint.EndpointStatus !== 'Updating') return underWay(endpoint);
      return this.#settled(clients, handle, endpoint, marks);
    });
  }

  /** @see Platform.watch */
  watch(handle: JobHandle, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<JobStatus> {
    return this.#poller.watch(handle, options);
  }

  /** @see Platform.cancel */
  async cancel(handle: JobHandle): Promise<void> {
    const access = await this.#options.access();
    const name = endpointOf(handle);
    await access.call(`The endpoint '${name}'`, async () => {
      const sagemaker = await endpointClients(access).sagemaker();
      const endpoint = await findEndpoint(sagemaker, name);
      if (!endpoint || isSettled(endpoint)) return;
      const marks = await readMarks(sagemaker, handle.jobName);
      if (marks) await markCancelled(sagemaker, marks);
    });
  }

  /** @see Platform.logs */
  async *logs(handle: JobHandle, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const access = await this.#options.access();
    const clients = endpointClients(access);
    const marks = await access.call(`The endpoint '${endpointOf(handle)}'`, async () =>
      readMarks(await clients.sagemaker(), handle.jobName),
    );
    if (!marks) throw jobNotFound(handle);
    const isOver = async (): Promise<boolean> => {
      const endpoint = await findEndpoint(await clients.sagemaker(), endpointOf(handle));
      return endpoint === undefined || isSettled(endpoint);
    };
    yield* endpointLogLines(clients, {
      endpoint: endpointOf(handle),
      since: marks.createdAt,
      isOver,
      ...options,
    });
  }

  /** Ends all watches. Idempotent. */
  close(): void {
    this.#poller.close();
  }

  async #settled(
    clients: EndpointClients,
    handle: JobHandle,
    endpoint: DescribeEndpointOutput,
    marks: EndpointMarks,
  ): Promise<JobStatus> {
    const { EndpointStatus: status = 'Failed', EndpointName: name = '' } = endpoint;
    const isOurs = endpoint.EndpointConfigName === handle.jobName;
    if (marks.isCancelled) return this.#endCancelled(clients, endpoint, marks);
    if (isOurs && (status === 'InService' || status === 'Updating')) {
      const { scaling, variants } = marks;
      if (status === 'InService' && scaling)
        await scaleEndpoint(clients, { name, variants: variants.map((each) => ({ name: each, scaling })) });
      return succeeded(endpoint, marks, await this.#url(name));
    }
    const logTail = await lastEndpointLines(clients, name, LOG_TAIL_LINES);
    return failed(endpoint, marks, logTail);
  }

  /** What was made for nothing goes. */
  async #endCancelled(
    clients: EndpointClients,
    endpoint: DescribeEndpointOutput,
    marks: EndpointMarks,
  ): Promise<JobStatus> {
    const { EndpointName: name = '', CreationTime: createdAt = new Date(0) } = endpoint;
    if (createdAt < marks.createdAt) return aborted(marks, endpoint);
    const { DeleteEndpointCommand } = await import('@aws-sdk/client-sagemaker');
    const sagemaker = await clients.sagemaker();
    await sagemaker.send(new DeleteEndpointCommand({ EndpointName: name })).catch((error: unknown) => {
      if (!isInProgress(error) && !isNotThere(error)) throw error;
    });
    return underWay(endpoint);
  }

  async #url(name: string): Promise<string> {
    const access = await this.#options.access();
    return endpointUrl(name, (await access.config()).region, access.settings.endpoint);
  }
}

function underWay(endpoint: DescribeEndpointOutput): JobStatus {
  const { EndpointStatus: status = 'Creating', LastModifiedTime: startedAt = new Date() } = endpoint;
  const message =
    status === 'Creating' ? 'Its model servers are started.' : 'What it had serves until the new answers.';
  const common = { outputs: {}, metrics: {}, createdAt: startedAt, startedAt };
  return { ...common, phase: 'running', status, secondaryStatus: status, message };
}

function succeeded(endpoint: DescribeEndpointOutput, { createdAt }: EndpointMarks, url: string): JobStatus {
  const { EndpointName: endpointName = '', LastModifiedTime: endedAt = new Date() } = endpoint;
  return {
    phase: 'succeeded',
    status: 'InService',
    outputs: { endpointName, url },
    metrics: {},
    createdAt,
    startedAt: createdAt,
    endedAt,
  };
}

function failed(
  endpoint: DescribeEndpointOutput,
  { createdAt }: EndpointMarks,
  logTail: readonly string[],
): JobStatus {
  const { EndpointStatus: status = 'Failed', LastModifiedTime: endedAt = new Date() } = endpoint;
  const replaced = `The endpoint serves ${endpoint.EndpointConfigName} by now: somebody else has changed it.`;
  const message = endpoint.FailureReason ?? replaced;
  return {
    phase: 'failed',
    // What served before goes on: the change has failed.
    status: status === 'InService' ? 'Failed' : status,
    message,
    fault: /insufficient capacity/i.test(message) ? 'system' : 'user',
    outputs: {},
    metrics: {},
    createdAt,
    startedAt: createdAt,
    endedAt,
    ...(logTail.length > 0 && { logTail }),
  };
}

function aborted({ createdAt }: EndpointMarks, endpoint?: DescribeEndpointOutput): JobStatus {
  const stays = endpoint && `The endpoint was there before, and serves ${endpoint.EndpointConfigName}.`;
  return {
    phase: 'aborted',
    status: 'Stopped',
    message: stays ?? 'The endpoint that was begun is deleted.',
    outputs: {},
    metrics: {},
    createdAt,
    endedAt: new Date(),
  };
}

/** @throws SluiceError `HomeDamaged` */
function endpointOf({ ref, jobName }: JobHandle): string {
  if (ref !== undefined) return ref;
  throw new SluiceError('HomeDamaged', `The handle of '${jobName}' names no endpoint.`);
}

function jobNotFound({ jobName, ref }: JobHandle): SluiceError {
  return new SluiceError('JobNotFound', `There is no change '${jobName}' of an endpoint '${ref}' any more.`, {
    hint: 'The endpoint was deleted, or is another one of the name.',
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
