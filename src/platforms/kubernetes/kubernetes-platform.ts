import { createHash } from 'node:crypto';
import { type Bundles, checkScript } from '../../bundles/index.ts';
import { MAX_DOCUMENT_BYTES, openAgentDocument } from '../../contract/agent-document.ts';
import { agentUris } from '../../contract/agent-places.ts';
import { type AgentResult, MAX_RESULT_BYTES, openAgentResult } from '../../contract/agent-result.ts';
import type { Account } from '../../core/account.ts';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { KubernetesSettings } from '../../core/platforms-settings.ts';
import type { EndingJobTask, JobTask } from '../../graph/index.ts';
import { type ObjectStore, readSmall } from '../../objects/index.ts';
import { AwsAccess } from '../aws/aws-access.ts';
import { jobNameOfKey } from '../aws/job-name.ts';
import type { JobHandle } from '../job-handle.ts';
import {
  type JobStatus,
  type LogLine,
  type LogOptions,
  type Platform,
  type PlatformCapabilities,
  type SubmitOptions,
  type TaskInvocation,
} from '../platform.ts';
import { Poller, type PollerTimes } from '../poller.ts';
import { describedStatus } from '../sagemaker/described-status.ts';
import { applySettings } from '../settings/apply-settings.ts';
import type { KubeAccess } from './client/kube-access.ts';
import { KubeClient } from './client/kube-client.ts';
import { Cluster, type FoundJob } from './cluster.ts';
import { MARKS, objectName } from './cluster-names.ts';
import { jobLogLines, type LogSources, logTail } from './job-logs.ts';
import { JOBS, jobManifest, jobSetManifest } from './job-manifest.ts';
import { describeJob } from './job-result.ts';
import { type JobState, jobState } from './job-state.ts';
import type { KeptJob } from './kept-objects.ts';
import { podS3 } from './pod-store.ts';
import { type PreparedJob, prepareJob, resultsUri } from './prepare-job.ts';
import { withImage } from './user-container.ts';

/** What the platform works with. */
export interface KubernetesPlatformOptions {
  readonly name: string;
  readonly settings: KubernetesSettings;
  readonly access: () => Promise<KubeAccess>;
  /** The home's own stores, bundles and account. */
  readonly stores: { store(bucket: string): ObjectStore };
  readonly bundles: Bundles;
  readonly account: Account;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly agentImage: string;
  /** What holds for one task: it may follow from what the cluster has. @default the settings */
  readonly settingsFor?: (task: EndingJobTask, cluster: Cluster) => Promise<KubernetesSettings>;
  readonly times?: Partial<PollerTimes>;
}

/** What is opened when the platform is first used. */
interface Connection {
  readonly cluster: Cluster;
  readonly aws: AwsAccess;
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly s3: { readonly endpoint?: string | undefined; readonly region: string };
}

/** What a handle says beyond the job's name. */
interface Ref {
  readonly namespace: string;
  readonly attempt: string;
}

const AT_ONCE = 4;
const LOG_TAIL_LINES = 20;
/** What is asked is in memory. */
const TIMES: Partial<PollerTimes> = { firstMs: 250, longestMs: 2000 };
const BATCH = 1000;
/** Ends that are kept: a job that has ended stays as it is. */
const KEPT_ENDS = 1000;

/** Runs job tasks as Jobs of a Kubernetes cluster, each with Sluice's agent beside the user's container. */
export class KubernetesPlatform implements Platform {
  readonly name: string;
  readonly capabilities: PlatformCapabilities;
  readonly #options: KubernetesPlatformOptions;
  readonly #settings: KubernetesSettings;
  readonly #poller: Poller;
  readonly #ends = new Map<string, JobStatus>();
  #connection: Promise<Connection> | undefined;

  constructor(options: KubernetesPlatformOptions) {
    this.name = options.name;
    this.#options = options;
    this.#settings = options.settings;
    this.capabilities = {
      jobTypes: ['training', 'processing', 'batch_transform'],
      spot: false,
      gpu: true,
      updates: 'poll',
      jobsAtOnce: this.#settings.jobsAtOnce ?? Number.POSITIVE_INFINITY,
    };
    this.#poller = new Poller({
      statusOf: (handles) => this.#statuses(handles),
      batchSize: BATCH,
      isThrottled: (error) => error instanceof SluiceError && error.code === 'Throttled',
      times: { ...TIMES, ...options.times },
    });
  }

  async check(task: JobTask): Promise<void> {
    const applied = this.#applied(task);
    this.#podS3();
    withImage(applied, this.#settings, this.name);
    if (applied.script) await checkScript(this.#options.bundles, applied.script);
  }

  async submit(invocation: TaskInvocation, { idempotencyKey, signal }: SubmitOptions): Promise<JobHandle> {
    const task = this.#applied(invocation.task);
    const jobName = jobNameOfKey(idempotencyKey);
    const connection = await this.#connect();
    signal?.throwIfAborted();
    const { cluster, store, bucket } = connection;
    const prepared = await prepareJob(
      { ...invocation, task, jobName },
      {
        ...connection,
        platform: this.name,
        settings: (await this.#options.settingsFor?.(task, cluster)) ?? this.#settings,
        namespace: cluster.namespace,
        account: this.#options.account,
        agentImage: this.#options.agentImage,
        keyOf: (attempt) => cluster.keyOf(attempt),
        home: this.#options,
      },
    );
    const existing = await this.#existing(prepared, cluster);
    if (existing) return existing;
    signal?.throwIfAborted();
    if (!(await store.bucketExists(bucket))) await store.createBucket(bucket);
    await forEachAtOnce(prepared.bring, AT_ONCE, signal, async (bring, stop) => {
      await bring(stop);
    });
    await prepared.bringDocument();
    signal?.throwIfAborted();
    return this.#create(prepared, cluster);
  }

  async status(handle: JobHandle): Promise<JobStatus> {
    const { cluster } = await this.#connect();
    return this.#tell(handle, await cluster.find(objectName(handle.jobName)));
  }

  async *watch(
    handle: JobHandle,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<JobStatus> {
    yield* this.#poller.watch(handle, options);
  }

  async cancel(handle: JobHandle): Promise<void> {
    const { cluster } = await this.#connect();
    const found = this.#own(handle, await cluster.find(objectName(handle.jobName)));
    if (!found || jobState(found.job, found.pods, this.#settings, Date.now()).phase === 'ended') return;
    await cluster.end(found.job, { reason: 'Stopped' });
  }

  async *logs(handle: JobHandle, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const { cluster } = await this.#connect();
    const name = objectName(handle.jobName);
    const found = this.#own(handle, await cluster.find(name));
    if (!found && refOf(handle) === undefined) throw this.#unknown(handle);
    yield* jobLogLines(await this.#logSources(handle, found?.job, options.follow === true), options);
  }

  async detach(): Promise<void> {
    this.#poller.close();
    const connection = this.#connection;
    this.#connection = undefined;
    if (!connection) return;
    const opened = await connection.catch(() => undefined);
    opened?.cluster.close();
    await opened?.aws.close();
  }

  #applied(task: JobTask): EndingJobTask {
    // A JobSet calls its Jobs otherwise: they would be created, and never found again.
    if (this.#settings.jobSet)
      throw new SluiceError(
        'InvalidArgument',
        `platforms.${this.name}.jobSet: jobs cannot be followed as JobSets yet. Leave it out: they are Jobs then.`,
      );
    const applied: JobTask = applySettings(this.name as 'kubernetes', task, this.#settings);
    if (applied.type === 'endpoint')
      throw new SluiceError('InvalidArgument', `Task '${task.name}': endpoints do not run on ${this.name}.`);
    return applied;
  }

  #podS3() {
    return podS3(this.name, this.#settings, this.#options.account, this.#options.environment);
  }

  #connect(): Promise<Connection> {
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  async #open(): Promise<Connection> {
    const { access, bucket } = this.#podS3();
    const aws = new AwsAccess(access, this.#options.environment);
    const { region } = await aws.config();
    const cluster = new Cluster(new KubeClient(await this.#options.access()));
    return { cluster, aws, store: await aws.store(), bucket, s3: { endpoint: access.endpoint, region } };
  }

  /** The job that the same request has made before. @throws SluiceError `JobNameTaken` for another one's */
  async #existing({ plan, marks }: PreparedJob, cluster: Cluster): Promise<JobHandle | undefined> {
    const found = await cluster.find(plan.name);
    if (!found) return undefined;
    const { annotations, uid } = found.job;
    if (annotations[MARKS.request] !== marks.request || annotations[MARKS.jobType] !== marks.jobType)
      throw new SluiceError(
        'JobNameTaken',
        `The cluster has a job '${plan.name}' already, made by another request.`,
        {
          hint: 'Begin a new run, or take another name.',
        },
      );
    const attempt = annotations[MARKS.attempt] ?? '';
    // Whoever created it may have ended before it was complete.
    const isWaiting =
      found.job.conditions.length === 0 && !found.pods.some(({ phase }) => phase !== 'Pending');
    if (isWaiting)
      await cluster.complete({ apiVersion: JOBS, kind: 'Job', name: plan.name, uid }, plan.hosts, attempt);
    return this.#handle(marks.jobType, marks.jobName, { namespace: cluster.namespace, attempt });
  }

  async #create(prepared: PreparedJob, cluster: Cluster): Promise<JobHandle> {
    const { plan, marks } = prepared;
    const manifest = this.#settings.jobSet ? jobSetManifest(plan, marks) : jobManifest(plan, marks);
    if (await cluster.create(manifest, plan.name, plan.hosts, marks.attempt))
      return this.#handle(marks.jobType, marks.jobName, {
        namespace: cluster.namespace,
        attempt: marks.attempt,
      });
    const existing = await this.#existing(prepared, cluster);
    if (existing) return existing;
    throw new SluiceError(
      'PlatformUnavailable',
      `The job '${plan.name}' was created by another process, and removed.`,
    );
  }

  #handle(jobType: string, jobName: string, { namespace, attempt }: Ref): JobHandle {
    return {
      platform: this.name,
      jobType: jobType as JobHandle['jobType'],
      jobName,
      ref: `${namespace}/${attempt}`,
    };
  }

  /** What is found under the name of a handle's job, unless it is another one. */
  #own(handle: JobHandle, found: FoundJob | undefined): FoundJob | undefined {
    if (!found) return undefined;
    const { annotations } = found.job;
    const ref = refOf(handle);
    const isOther =
      annotations[MARKS.jobName] !== handle.jobName ||
      annotations[MARKS.jobType] !== handle.jobType ||
      (ref !== undefined && annotations[MARKS.attempt] !== ref.attempt);
    return isOther ? undefined : found;
  }

  #unknown({ jobType, jobName }: JobHandle): SluiceError {
    return new SluiceError('JobNotFound', `The cluster knows no ${jobType} job '${jobName}'.`);
  }

  async #statuses(handles: readonly JobHandle[]): Promise<(JobStatus | Error)[]> {
    const { cluster } = await this.#connect();
    const told = handles.map(async (handle) => {
      const found = await cluster.mirrored(objectName(handle.jobName));
      return this.#tell(handle, found);
    });
    const settled = await Promise.allSettled(told);
    return settled.map((each) => (each.status === 'fulfilled' ? each.value : asError(each.reason)));
  }

  /** What a job does, or came to. One that is over its time is ended on the way. */
  async #tell(handle: JobHandle, unchecked: FoundJob | undefined): Promise<JobStatus> {
    const found = this.#own(handle, unchecked);
    if (!found) return this.#remembered(handle);
    const known = this.#ends.get(endKey(found.job));
    if (known) return known;
    const state = jobState(found.job, found.pods, this.#settings, Date.now());
    if (state.phase === 'ended') return this.#end(handle, found.job, state);
    if (state.toEnd) await this.#endNow(found, state);
    const { phase, secondaryStatus, message, createdAt, startedAt } = state;
    return {
      phase: phase === 'stopping' ? 'running' : phase,
      status: phase === 'stopping' ? 'Stopping' : 'InProgress',
      secondaryStatus,
      ...(message !== undefined && { message }),
      outputs: {},
      metrics: {},
      createdAt,
      ...(startedAt && { startedAt }),
    };
  }

  async #endNow({ job, pods }: FoundJob, { toEnd }: JobState): Promise<void> {
    const { cluster } = await this.#connect();
    if (toEnd) await cluster.end(job, toEnd);
    if (toEnd?.reason === 'NodeLost')
      for (const { name, deletedAt } of pods) if (deletedAt !== undefined) await cluster.forget(name);
  }

  async #end(handle: JobHandle, job: KeptJob, state: JobState): Promise<JobStatus> {
    const status = await this.#readEnd(handle, job, state);
    if (this.#ends.size >= KEPT_ENDS) this.#ends.delete(this.#ends.keys().next().value as string);
    this.#ends.set(endKey(job), status);
    return status;
  }

  async #readEnd(handle: JobHandle, job: KeptJob, state: JobState): Promise<JobStatus> {
    const { store, cluster } = await this.#connect();
    const {
      [MARKS.results]: results = '',
      [MARKS.digest]: digest = '',
      [MARKS.attempt]: attempt = '',
    } = job.annotations;
    const uris = agentUris(results);
    const text = await readSmall(store, uris.document, MAX_DOCUMENT_BYTES);
    if (!text) throw new SluiceError('NoSuchKey', `The job's document is not at ${uris.document}.`);
    const document = openAgentDocument(text, digest);
    let result: AgentResult | undefined;
    let why: string | undefined;
    try {
      const key = await cluster.keyOf(attempt);
      result = openAgentResult(await readSmall(store, uris.result, MAX_RESULT_BYTES), {
        key,
        digest,
        attempt,
      });
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'AgentResultInvalid') throw error;
      why = errorMessage(error);
    }
    const { description, displaced } = describeJob(document, state, result, why);
    const sources = await this.#logSources(handle, job, false);
    const status = await describedStatus(handle.jobType as EndingJobTask['type'], description, {
      store,
      logTail: () => logTail(sources, LOG_TAIL_LINES),
    });
    return displaced ? { ...status, displaced } : status;
  }

  /** A job that the cluster has removed, by what it has left. @throws SluiceError `JobNotFound` */
  async #remembered(handle: JobHandle): Promise<JobStatus> {
    const ref = refOf(handle);
    if (!ref) throw this.#unknown(handle);
    const { store, bucket, cluster } = await this.#connect();
    const uris = agentUris(
      resultsUri(bucket, this.name, ref.namespace, objectName(handle.jobName), ref.attempt),
    );
    const text = await readSmall(store, uris.document, MAX_DOCUMENT_BYTES);
    const bytes = await readSmall(store, uris.result, MAX_RESULT_BYTES);
    if (!text || !bytes) throw this.#unknown(handle);
    const digest = createHash('sha256').update(text).digest('hex');
    const { attempt } = ref;
    const result = openAgentResult(bytes, { key: await cluster.keyOf(attempt), digest, attempt });
    const ended = new Date(result.endedAt);
    const state: JobState = {
      phase: 'ended',
      secondaryStatus: 'Completed',
      createdAt: ended,
      endedAt: ended,
    };
    const { description } = describeJob(openAgentDocument(text, digest), state, result, undefined);
    return describedStatus(handle.jobType as EndingJobTask['type'], description, {
      store,
      logTail: async () => [],
    });
  }

  async #logSources(handle: JobHandle, job: KeptJob | undefined, isFollowed: boolean): Promise<LogSources> {
    const { cluster, store, bucket } = await this.#connect();
    const name = objectName(handle.jobName);
    const ref = refOf(handle);
    const kept = ref ? resultsUri(bucket, this.name, ref.namespace, name, ref.attempt) : '';
    return {
      cluster,
      store,
      results: job?.annotations[MARKS.results] ?? kept,
      hosts: Number(job?.annotations[MARKS.hosts] ?? 1),
      find: async () =>
        this.#own(handle, isFollowed ? await cluster.mirrored(name) : await cluster.find(name)),
    };
  }
}

function refOf({ ref }: JobHandle): Ref | undefined {
  const [namespace, attempt] = ref?.split('/') ?? [];
  return namespace !== undefined && attempt !== undefined ? { namespace, attempt } : undefined;
}

function endKey({ uid, annotations }: KeptJob): string {
  return `${uid}/${annotations[MARKS.attempt]}`;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
