import { type Bundles, checkScript } from '../../bundles/index.ts';
import type { Account } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { KubernetesSettings } from '../../core/platforms-settings.ts';
import type { JobTask } from '../../graph/index.ts';
import type { ObjectStore } from '../../objects/index.ts';
import { underWay } from '../agent-jobs/under-way.ts';
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
import { applySettings, withinSeconds } from '../settings/apply-settings.ts';
import type { KubeAccess } from './client/kube-access.ts';
import type { Cluster } from './cluster.ts';
import { MARKS, objectName } from './cluster-names.ts';
import { type Connection, closeConnection, openConnection } from './connection.ts';
import { cancelEndpoint, endpointLogs, endpointStatus } from './endpoints/endpoint-jobs.ts';
import { checkEndpoint } from './endpoints/endpoint-plan.ts';
import { KubernetesEndpoints } from './endpoints/kubernetes-endpoints.ts';
import { submitEndpoint } from './endpoints/submit-endpoint.ts';
import { JobEnds, ownJob, unknownJob } from './job-ends.ts';
import { jobLogLines } from './job-logs.ts';
import { jobManifest, jobSetManifest } from './job-manifest.ts';
import { type Ref, refOf } from './job-ref.ts';
import { type JobState, jobState } from './job-state.ts';
import type { FoundJob } from './kept-objects.ts';
import { podS3 } from './pod-store.ts';
import { type PreparedJob, prepareJob } from './prepare-job.ts';
import { withImage } from './user-container.ts';

/** What of a task says where it goes. */
type PlacedTask = Pick<JobTask, 'name' | 'instanceType' | 'gpuCount'>;

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
  readonly settingsFor?: (task: PlacedTask, cluster: Cluster) => Promise<KubernetesSettings>;
  readonly times?: Partial<PollerTimes>;
}

/** What is opened when the platform is first used. */
interface OpenPlatform extends Connection {
  readonly ends: JobEnds;
  readonly endpoints: KubernetesEndpoints;
}

const AT_ONCE = 4;
/** Jobs whose ends are read. */
const ENDS_AT_ONCE = 16;
/** What is asked is in memory. */
const TIMES: Partial<PollerTimes> = { firstMs: 250, longestMs: 2000 };
const BATCH = 1000;

/** Runs job tasks as Jobs of a Kubernetes cluster, each with Sluice's agent beside the user's container. */
export class KubernetesPlatform implements Platform {
  readonly name: string;
  readonly capabilities: PlatformCapabilities;
  readonly #options: KubernetesPlatformOptions;
  readonly #settings: KubernetesSettings;
  readonly #poller: Poller;
  #connection: Promise<OpenPlatform> | undefined;

  constructor(options: KubernetesPlatformOptions) {
    this.name = options.name;
    this.#options = options;
    this.#settings = options.settings;
    this.capabilities = {
      jobTypes: ['training', 'processing', 'batch_transform', 'endpoint'],
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
    if (applied.type === 'endpoint') checkEndpoint(applied, this.name);
    if (applied.type !== 'endpoint' || applied.script) withImage(applied, this.#settings, this.name);
    if (applied.script) await checkScript(this.#options.bundles, applied.script);
  }

  async submit(invocation: TaskInvocation, { idempotencyKey, signal }: SubmitOptions): Promise<JobHandle> {
    const task = withinSeconds(this.#applied(invocation.task), invocation);
    const jobName = jobNameOfKey(idempotencyKey);
    const connection = await this.#connect();
    if (task.type === 'endpoint') {
      const options = {
        ...connection,
        platform: this.name,
        home: this.#options,
        key: idempotencyKey,
        signal,
      };
      return submitEndpoint({ ...invocation, task }, options);
    }
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
    const { cluster, endpoints } = await this.#connect();
    if (handle.jobType === 'endpoint') return endpointStatus(endpoints, handle);
    return this.#tell(handle, await cluster.find(objectName(handle.jobName)));
  }

  async *watch(
    handle: JobHandle,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<JobStatus> {
    yield* this.#poller.watch(handle, options);
  }

  async cancel(handle: JobHandle): Promise<void> {
    const { cluster, endpoints } = await this.#connect();
    if (handle.jobType === 'endpoint') return cancelEndpoint(endpoints, handle);
    const found = ownJob(handle, await cluster.find(objectName(handle.jobName)));
    if (!found || jobState(found.job, found.pods, this.#settings, Date.now()).phase === 'ended') return;
    await cluster.end(found.job, { reason: 'Stopped' });
  }

  async *logs(handle: JobHandle, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const { cluster, ends, endpoints } = await this.#connect();
    if (handle.jobType === 'endpoint') return yield* endpointLogs(endpoints, handle, options);
    const found = ownJob(handle, await cluster.find(objectName(handle.jobName)));
    if (!found && refOf(handle) === undefined) throw unknownJob(handle);
    yield* jobLogLines(ends.logSources(handle, found?.job, options.follow === true), options);
  }

  async detach(): Promise<void> {
    this.#poller.close();
    const connection = this.#connection;
    this.#connection = undefined;
    if (!connection) return;
    const opened = await connection.catch(() => undefined);
    if (opened) await closeConnection(opened);
  }

  #applied(task: JobTask): JobTask {
    return applySettings(this.name as 'kubernetes', task, this.#settings);
  }

  #podS3() {
    return podS3(this.name, this.#settings, this.#options.account, this.#options.environment);
  }

  #connect(): Promise<OpenPlatform> {
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  async #open(): Promise<OpenPlatform> {
    const { name: platform } = this;
    const { settings, account, agentImage, settingsFor } = this.#options;
    const connection = await openConnection(this.#options);
    const { cluster, store, bucket, s3 } = connection;
    const endpoints = new KubernetesEndpoints({
      platform,
      cluster,
      settings,
      account,
      store,
      s3,
      agentImage,
      settingsFor: settingsFor && ((task) => settingsFor(task, cluster)),
    });
    return { ...connection, ends: new JobEnds({ platform, cluster, store, bucket }), endpoints };
  }

  /** The job that the same request has made before. @throws SluiceError `JobNameTaken` for another one's */
  async #existing({ plan, marks }: PreparedJob, cluster: Cluster): Promise<JobHandle | undefined> {
    const found = await cluster.find(plan.name);
    if (!found) return undefined;
    const { annotations } = found.job;
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
    if (isWaiting) await cluster.complete(found.job, { ...plan, attempt });
    return this.#handle(marks.jobType, marks.jobName, { namespace: cluster.namespace, attempt });
  }

  async #create(prepared: PreparedJob, cluster: Cluster): Promise<JobHandle> {
    const { plan, marks } = prepared;
    const manifest = cluster.hasSets ? jobSetManifest(plan, marks) : jobManifest(plan, marks);
    if (await cluster.create(manifest, { ...plan, attempt: marks.attempt }))
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

  /** Most jobs are just under way: of a thousand nothing is left behind but what they do. */
  async #statuses(handles: readonly JobHandle[]): Promise<(JobStatus | Error)[]> {
    const { cluster, endpoints } = await this.#connect();
    if (handles.some(({ jobType }) => jobType !== 'endpoint')) await cluster.follow();
    const statuses: (JobStatus | Error | undefined)[] = handles.map((handle) => this.#seen(handle, cluster));
    const others = handles.flatMap((_, index) => (statuses[index] ? [] : [index]));
    await forEachAtOnce(others, ENDS_AT_ONCE, undefined, async (index) => {
      const handle = handles[index] as JobHandle;
      statuses[index] = await (handle.jobType === 'endpoint'
        ? endpointStatus(endpoints, handle)
        : cluster.mirrored(objectName(handle.jobName)).then((found) => this.#tell(handle, found))
      ).catch(asError);
    });
    return statuses as (JobStatus | Error)[];
  }

  /** What a job does that is mirrored and under way; undefined where more has to be asked, or done. */
  #seen(handle: JobHandle, cluster: Cluster): JobStatus | undefined {
    const found = handle.jobType === 'endpoint' ? undefined : cluster.seen(objectName(handle.jobName));
    const own = ownJob(handle, found);
    const state = own && jobState(own.job, own.pods, this.#settings, Date.now());
    if (!state || state.phase === 'ended' || state.toEnd || state.toKill) return undefined;
    return underWay({ ...state, phase: state.phase });
  }

  /** What a job does, or came to. One that is over its time is ended on the way. */
  async #tell(handle: JobHandle, unchecked: FoundJob | undefined): Promise<JobStatus> {
    const found = ownJob(handle, unchecked);
    if (!found) return (await this.#connect()).ends.remembered(handle);
    const state = jobState(found.job, found.pods, this.#settings, Date.now());
    const { phase } = state;
    if (phase === 'ended') return (await this.#connect()).ends.read(handle, found.job, state);
    await this.#endNow(found, state);
    return underWay({ ...state, phase });
  }

  async #endNow({ job, pods }: FoundJob, { toEnd, toKill = [] }: JobState): Promise<void> {
    const { cluster, ends } = await this.#connect();
    if (toKill.length > 0 && (await ends.hasResult(job).catch(() => false)))
      for (const { name } of toKill) await cluster.kill(name);
    if (toEnd) await cluster.end(job, toEnd);
    if (toEnd?.reason === 'NodeLost')
      for (const { name, deletedAt } of pods) if (deletedAt !== undefined) await cluster.forget(name);
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
