import type { JobDetail } from '@aws-sdk/client-batch';
import { type Bundles, checkScript } from '../../bundles/index.ts';
import { deriveAgentKey } from '../../contract/agent-result.ts';
import { SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { BatchSettings } from '../../core/platforms-settings.ts';
import type { EndingJobTask, JobTask } from '../../graph/index.ts';
import { parseS3Uri } from '../../objects/index.ts';
import { underWay } from '../agent-jobs/under-way.ts';
import { type AwsPlatformOptions, AwsSite } from '../aws/aws-site.ts';
import { JobLogs } from '../aws/job-logs.ts';
import { jobNameOfKey } from '../aws/job-name.ts';
import type { JobHandle } from '../job-handle.ts';
import { defaultAgentImage } from '../kubernetes/create-kubernetes-platform.ts';
import { withImage } from '../kubernetes/user-container.ts';
import {
  type JobStatus,
  type LogLine,
  type LogOptions,
  type OutputStore,
  type Platform,
  type PlatformCapabilities,
  type SubmitOptions,
  type TaskInvocation,
} from '../platform.ts';
import { Poller } from '../poller.ts';
import { applySettings, withinSeconds } from '../settings/apply-settings.ts';
import { AgentSecret } from './agent-secret.ts';
import { BatchApi, JOBS_AT_ONCE } from './batch-api.ts';
import { logGroupOf, secretNameOf } from './batch-names.ts';
import { batchState, END_REASONS, TAGS } from './batch-state.ts';
import { batchStreams } from './batch-streams.ts';
import { expectReachable, requireQueue } from './check-batch.ts';
import { whyNotStarted } from './container-reasons.ts';
import { JobClaim } from './job-claim.ts';
import { JobEnds } from './job-ends.ts';
import { type PreparedJob, prepareJob, requestDigest, resultsUri } from './prepare-job.ts';
import { unknownJob } from './unknown-job.ts';

/** What the platform works with. */
export interface BatchPlatformOptions extends AwsPlatformOptions {
  readonly bundles: Bundles;
  readonly settings: { readonly batch?: BatchSettings | undefined };
}

const AT_ONCE = 4;
const LOG_TAIL_LINES = 20;
const SPOT_ATTEMPTS = 3;
/** Batch takes no shorter limit. Seconds. */
const LEAST_TIMEOUT = 60;
/** What bringing data in may take where nobody watches, beyond the job's own time: seconds. */
const PREPARE_SECONDS = 3600;

/** Runs job tasks on AWS Batch, each with Sluice's agent around the user's container. */
export class BatchPlatform implements Platform {
  readonly name = 'batch';
  readonly capabilities: PlatformCapabilities;
  readonly #options: BatchPlatformOptions;
  readonly #settings: BatchSettings;
  readonly #site: AwsSite;
  readonly #api: BatchApi;
  readonly #secret: AgentSecret;
  readonly #poller: Poller;
  readonly #logs: JobLogs;
  readonly #ends: JobEnds;

  constructor(options: BatchPlatformOptions) {
    this.#options = options;
    this.#settings = options.settings.batch ?? {};
    this.#site = new AwsSite(this.#settings, options);
    const { access } = this.#site;
    this.#api = new BatchApi(access);
    this.#secret = new AgentSecret(access, secretNameOf(this.#settings));
    this.capabilities = {
      jobTypes: ['training', 'processing', 'batch_transform'],
      spot: true,
      gpu: true,
      updates: 'poll',
      jobsAtOnce: this.#settings.jobsAtOnce ?? Number.POSITIVE_INFINITY,
    };
    this.#poller = new Poller({
      statusOf: (handles, signal) => this.#statuses(handles, signal),
      batchSize: JOBS_AT_ONCE,
      isThrottled: (error) => error instanceof SluiceError && error.code === 'Throttled',
      ...(options.times && { times: options.times }),
    });
    this.#logs = new JobLogs({
      aws: access,
      streams: async (handle) => batchStreams(this.#api, await this.#job(handle), logGroupOf(this.#settings)),
      everyMs: options.times?.firstMs ?? 2000,
      // CloudWatch shows lines some seconds after they were printed.
      lateMs: access.isAws ? 5000 : 0,
    });
    this.#ends = new JobEnds({
      site: this.#site,
      secret: this.#secret,
      tries: this.#settings.spotAttempts ?? SPOT_ATTEMPTS,
      logTail: (handle) => this.#logs.tail(handle, LOG_TAIL_LINES),
    });
  }

  get store(): OutputStore | undefined {
    return this.#site.store;
  }

  async check(task: JobTask): Promise<void> {
    const applied = this.#applied(task);
    withImage(applied, this.#settings, this.name);
    if (applied.script) await checkScript(this.#options.bundles, applied.script);
    await requireQueue(this.#api, this.#settings);
  }

  async submit(invocation: TaskInvocation, { idempotencyKey, signal }: SubmitOptions): Promise<JobHandle> {
    const task = withinSeconds(this.#applied(invocation.task), invocation);
    const jobName = jobNameOfKey(idempotencyKey);
    const { store, bucket } = await this.#site.connect();
    const token = deriveAgentKey(await this.#secret.value(), `token ${idempotencyKey}`);
    const prepared = await prepareJob(
      { ...invocation, task, jobName },
      {
        site: this.#site,
        settings: this.#settings,
        agentImage: this.#settings.agentImage ?? defaultAgentImage(),
        attempt: token.slice(0, 32),
      },
    );
    const claim = new JobClaim(store, resultsUri(bucket, jobName));
    const handle = (id: string): JobHandle => ({ platform: this.name, jobType: task.type, jobName, ref: id });
    const known = await claim.read();
    if (known) return handle(known.expect(jobName, requestDigest(prepared)));
    // Before anything is brought: it is where a role is refused.
    const definition = await this.#api.define(prepared.planned.definition);
    signal?.throwIfAborted();
    await this.#site.makeBucket();
    await forEachAtOnce(prepared.bring, AT_ONCE, signal, async (bring, stop) => {
      await bring(stop);
    });
    const { uri, text } = prepared.document;
    await store.put(parseS3Uri(uri).bucket, parseS3Uri(uri).key, text);
    signal?.throwIfAborted();
    const id = await this.#submitOnce(prepared, { jobName, task, token, definition });
    const won = await claim.write(id, requestDigest(prepared));
    await this.#endOthers(jobName, token, won);
    return handle(won);
  }

  async status(handle: JobHandle): Promise<JobStatus> {
    const id = await this.#idOf(handle);
    const [answer] = await this.#statuses([{ ...handle, ref: id }]);
    if (answer instanceof Error) throw answer;
    return answer as JobStatus;
  }

  async *watch(
    handle: JobHandle,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<JobStatus> {
    const ref = await this.#idOf(handle);
    yield* this.#poller.watch({ ...handle, ref }, options);
  }

  async cancel(handle: JobHandle): Promise<void> {
    const id = await this.#idOf(handle).catch(unlessUnknown);
    const job = id === undefined ? undefined : (await this.#api.describe([id])).get(id);
    if (!job || id === undefined || job.status === 'SUCCEEDED' || job.status === 'FAILED') return;
    await this.#api.terminate(id, END_REASONS.stopped);
  }

  async *logs(handle: JobHandle, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const ref = await this.#idOf(handle);
    const own = { ...handle, ref };
    await this.#job(own);
    yield* this.#logs.read(own, options, (signal) => this.watch(own, { signal }));
  }

  async detach(): Promise<void> {
    this.#poller.close();
    await this.#site.close();
  }

  #applied(task: JobTask): EndingJobTask {
    const applied = applySettings('batch', task, this.#settings);
    if (applied.type === 'endpoint')
      throw new SluiceError('InvalidArgument', `Task '${task.name}': endpoints do not run on AWS Batch.`);
    expectReachable(this.#settings);
    return applied;
  }

  /** The job of a token that Batch has already, else a new one. */
  async #submitOnce(prepared: PreparedJob, { jobName, task, token, definition }: NewJob): Promise<string> {
    const queue = await requireQueue(this.#api, this.#settings);
    const [before] = await this.#ofToken(queue, jobName, token);
    if (before !== undefined) return before;
    const { shareIdentifier, schedulingPriority, spotAttempts = SPOT_ATTEMPTS } = this.#settings;
    const { maxRuntimeInSeconds } = task;
    return this.#api.submit({
      jobName,
      jobQueue: queue,
      jobDefinition: definition,
      ...prepared.planned.overrides,
      retryStrategy: {
        attempts: spotAttempts,
        evaluateOnExit: [
          // The machine was taken away: that is nobody's failure. Whatever else ended it is the job's, or Sluice's to try again.
          { onStatusReason: 'Host EC2*', action: 'RETRY' },
          { onReason: '*', action: 'EXIT' },
        ],
      },
      timeout: { attemptDurationSeconds: Math.max(LEAST_TIMEOUT, maxRuntimeInSeconds + PREPARE_SECONDS) },
      ...(shareIdentifier !== undefined && { shareIdentifier }),
      ...(schedulingPriority !== undefined && { schedulingPriorityOverride: schedulingPriority }),
      propagateTags: true,
      tags: {
        ...task.tags,
        [TAGS.jobName]: jobName,
        [TAGS.jobType]: task.type,
        [TAGS.token]: token,
        [TAGS.maxRuntime]: String(maxRuntimeInSeconds),
        [TAGS.digest]: prepared.document.digest,
      },
    });
  }

  /** The ids of a queue's jobs of this name that were submitted with this token, the first one first. */
  async #ofToken(queue: string, jobName: string, token: string): Promise<string[]> {
    const ids = (await this.#api.named(queue, jobName))
      .flatMap(({ jobId }) => jobId ?? [])
      .slice(0, JOBS_AT_ONCE);
    if (ids.length === 0) return [];
    const jobs = await this.#api.describe(ids);
    return ids.filter((id) => jobs.get(id)?.tags?.[TAGS.token] === token);
  }

  /** Of jobs that were submitted at the same moment the one that is claimed goes on. */
  async #endOthers(jobName: string, token: string, won: string): Promise<void> {
    const queue = await requireQueue(this.#api, this.#settings);
    for (const id of await this.#ofToken(queue, jobName, token))
      if (id !== won) await this.#api.terminate(id, END_REASONS.duplicate);
  }

  /** @throws SluiceError `JobNotFound` */
  async #idOf({ jobType, jobName, ref }: JobHandle): Promise<string> {
    if (ref !== undefined) return ref;
    const { store, bucket } = await this.#site.connect();
    const known = await new JobClaim(store, resultsUri(bucket, jobName)).read();
    if (known) return known.id;
    throw unknownJob({ jobType, jobName });
  }

  /** @throws SluiceError `JobNotFound` */
  async #job(handle: JobHandle): Promise<JobDetail> {
    const { ref = '' } = handle;
    const job = (await this.#api.describe([ref])).get(ref);
    if (job && isOf(handle, job)) return job;
    throw unknownJob(handle);
  }

  async #statuses(handles: readonly JobHandle[], signal?: AbortSignal): Promise<(JobStatus | Error)[]> {
    const asked = handles.filter((handle) => !this.#ends.has(handle)).map(({ ref = '' }) => ref);
    const jobs = asked.length === 0 ? new Map<string, JobDetail>() : await this.#api.describe(asked, signal);
    const told = handles.map((handle) => this.#tell(handle, jobs.get(handle.ref ?? '')));
    const settled = await Promise.allSettled(told);
    return settled.map((each) => (each.status === 'fulfilled' ? each.value : asError(each.reason)));
  }

  /** What a job does, or came to. One that is over its time is ended on the way. */
  async #tell(handle: JobHandle, job: JobDetail | undefined): Promise<JobStatus> {
    if (this.#ends.has(handle) || !job || !isOf(handle, job)) return this.#ends.of(handle);
    const state = batchState(job, Date.now());
    const { phase } = state;
    if (phase === 'ended') return this.#ends.of(handle, { job, state });
    if (state.isOverTime) await this.#api.terminate(job.jobId ?? '', END_REASONS.time);
    // Its other containers would wait for it until its time is over.
    else if (phase === 'running' && whyNotStarted(job) !== undefined)
      await this.#api.terminate(job.jobId ?? '', END_REASONS.notStarted);
    return underWay({ ...state, phase });
  }
}

interface NewJob {
  readonly jobName: string;
  readonly task: EndingJobTask;
  readonly token: string;
  readonly definition: string;
}

/** Whether Batch's job is the one that a handle means. */
function isOf({ jobName, jobType }: JobHandle, { tags = {} }: JobDetail): boolean {
  return tags[TAGS.jobName] === jobName && tags[TAGS.jobType] === jobType;
}

function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof SluiceError) || error.code !== 'JobNotFound') throw error;
  return undefined;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Makes the platform that runs job tasks on AWS Batch. Nothing is asked before its first use. */
export function createBatchPlatform(options: BatchPlatformOptions): Platform {
  return new BatchPlatform(options);
}
