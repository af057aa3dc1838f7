import { createHash } from 'node:crypto';
import { Bundles, bundleScript, checkScript } from '../../bundles/index.ts';
import { type Account, defaultBucket } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { EmrSettings } from '../../core/platforms-settings.ts';
import type { JobTask, Json, ProcessingTask } from '../../graph/index.ts';
import { type ObjectStore, parseS3Uri } from '../../objects/index.ts';
import { AwsAccess } from '../aws/aws-access.ts';
import type { JobHandle } from '../job-handle.ts';
import {
  isTerminal,
  type JobStatus,
  type LogLine,
  type LogOptions,
  type Platform,
  type PlatformCapabilities,
  type SubmitOptions,
  type TaskInvocation,
} from '../platform.ts';
import { Poller, type PollerTimes } from '../poller.ts';
import { jobUri } from '../request/locations.ts';
import { jobNameOfKey } from '../sagemaker/job-name.ts';
import { placeCode } from '../sagemaker/place-code.ts';
import { stageInput } from '../sagemaker/staging.ts';
import { applySettings } from '../settings/apply-settings.ts';
import { chooseTarget } from './choose-target.ts';
import { emrApplication, expectSpark } from './emr-application.ts';
import { emrLogLines } from './emr-logs.ts';
import { type EmrRef, formatEmrRef, parseEmrRef } from './emr-ref.ts';
import type { EmrJob, EmrTarget } from './emr-target.ts';
import { endOf, type JobDocument } from './job-ends.ts';
import { modulesOf, refuseRequirements } from './modules.ts';

const AT_ONCE = 4;

/** What the EMR platform works with. */
export interface EmrPlatformOptions {
  readonly settings: { readonly emr?: EmrSettings | undefined };
  /** The home's own stores, bundles and account. */
  readonly stores: { store(bucket: string): ObjectStore };
  readonly bundles: Bundles;
  readonly account: Account;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly times?: Partial<PollerTimes>;
}

/** What is asked of AWS once, when the platform is first used. */
interface Connection {
  readonly account: Account;
  readonly store: ObjectStore;
  readonly bucket: string;
}

/** Runs Spark applications on Amazon EMR: Serverless, or as steps of a cluster. */
export class EmrPlatform implements Platform {
  readonly name = 'emr';
  readonly capabilities: PlatformCapabilities;
  readonly #options: EmrPlatformOptions;
  readonly #settings: EmrSettings;
  readonly #aws: AwsAccess;
  readonly #poller: Poller;
  #connection: Promise<Connection> | undefined;

  constructor(options: EmrPlatformOptions) {
    this.#options = options;
    this.#settings = options.settings.emr ?? {};
    this.#aws = new AwsAccess(this.#settings, options.environment);
    this.capabilities = {
      jobTypes: ['processing'],
      spot: false,
      gpu: false,
      updates: 'poll',
      jobsAtOnce: this.#settings.jobsAtOnce ?? Number.POSITIVE_INFINITY,
    };
    this.#poller = new Poller({
      statusOf: (handles, signal) => this.#statuses(handles, signal),
      batchSize: 10,
      isThrottled: (error) => error instanceof SluiceError && error.code === 'Throttled',
      ...(options.times && { times: options.times }),
    });
  }

  async check(task: JobTask): Promise<void> {
    const applied = this.#applied(task);
    if (applied.script) await checkScript(this.#options.bundles, applied.script);
  }

  async submit(invocation: TaskInvocation, { idempotencyKey, signal }: SubmitOptions): Promise<JobHandle> {
    const task = this.#applied(invocation.task);
    const connection = await this.#connect();
    signal?.throwIfAborted();
    const jobName = jobNameOfKey(idempotencyKey);
    const application = await this.#prepare({ ...invocation, task, jobName }, task, connection, signal);
    signal?.throwIfAborted();
    const token = createHash('sha256').update(idempotencyKey).digest('hex');
    const ref = await this.#target(connection).start(application, token);
    return { platform: this.name, jobType: 'processing', jobName, ref: formatEmrRef(ref) };
  }

  async status(handle: JobHandle): Promise<JobStatus> {
    const [answer] = await this.#statuses([handle]);
    if (answer instanceof Error) throw answer;
    return answer as JobStatus;
  }

  async *watch(
    handle: JobHandle,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<JobStatus> {
    parseEmrRef(handle);
    yield* this.#poller.watch(handle, options);
  }

  async cancel(handle: JobHandle): Promise<void> {
    if (handle.ref === undefined) return;
    const ref = parseEmrRef(handle);
    await this.#target(await this.#connect(), ref).cancel(ref);
  }

  async *logs(handle: JobHandle, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const ref = parseEmrRef(handle);
    const connection = await this.#connect();
    const job = await this.#describe(ref);
    yield* emrLogLines({
      ...options,
      store: connection.store,
      files: await this.#target(connection, ref).logFiles(ref, job),
      hasEnded: async () => isTerminal(await this.#describe(ref)),
      everyMs: this.#options.times?.firstMs,
    });
  }

  async detach(): Promise<void> {
    this.#poller.close();
    this.#connection = undefined;
    await this.#aws.close();
  }

  #applied(task: JobTask): ProcessingTask {
    const applied = expectSpark(applySettings('emr', task, this.#settings));
    // Its settings say where, before anything is asked.
    this.#target({ bucket: '' });
    if (this.#settings.applicationId !== undefined && applied.role === undefined) this.#requireRole();
    return applied;
  }

  #requireRole(): void {
    if (this.#settings.executionRole !== undefined) return;
    throw new SluiceError('ConfigInvalid', 'platforms.emr: a run of EMR Serverless needs a role.', {
      hint: 'Set executionRole: the ARN of the role that jobs run as; or role of the task.',
    });
  }

  async #connect(): Promise<Connection> {
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  async #open(): Promise<Connection> {
    const account = await this.#aws.account();
    return { account, store: await this.#aws.store(), bucket: defaultBucket(account) };
  }

  /** Where applications run, or where one does: a job is asked for where it is, whatever the settings say by now. */
  #target({ bucket }: Pick<Connection, 'bucket'>, ref?: EmrRef): EmrTarget {
    const logUri = (this.#settings.logUri ?? `s3://${bucket}/logs`).replace(/\/+$/, '');
    return chooseTarget({ access: this.#aws, settings: this.#settings, logUri }, ref);
  }

  /** Brings what the application needs, and says what it is. */
  async #prepare(
    invocation: TaskInvocation,
    task: ProcessingTask,
    connection: Connection,
    signal?: AbortSignal,
  ) {
    const { account, store, bucket } = connection;
    const home = this.#options.bundles;
    const bring: ((signal?: AbortSignal) => Promise<void>)[] = [];
    const inputs: Record<string, Json> = {};
    for (const [name, value] of Object.entries(invocation.inputs)) {
      const data = await this.#stage(task, name, value, connection);
      if (data) bring.push((stop) => data.bring(stop));
      inputs[name] = data?.uri ?? value;
    }
    const { files } = await bundleScript(home, task.script as NonNullable<ProcessingTask['script']>);
    refuseRequirements(task, files);
    const bundles = new Bundles({ stores: { store: () => store }, account });
    const code = await placeCode(task, { home, bundles, store, bucket });
    bring.push(async () => code?.bring());
    const placed = { ...invocation, inputs, outputUri: this.#outputUri(invocation, bucket) };
    const base = jobUri(placed, account);
    const document = documentOf(task, `${base}/output`);
    const uri = `${base}/job.json`;
    bring.push(async () => {
      const { bucket: place, key } = parseS3Uri(uri);
      await store.put(place, key, JSON.stringify(document));
    });
    const application = emrApplication(task, placed, {
      name: invocation.jobName,
      codeUri: code?.codeUri ?? '',
      jobUri: uri,
      outputs: document.outputs,
      modules: modulesOf(task, files),
    });
    signal?.throwIfAborted();
    if (!(await store.bucketExists(bucket))) await store.createBucket(bucket);
    await forEachAtOnce(bring, AT_ONCE, signal, (each, stop) => each(stop));
    return application;
  }

  async #stage(task: JobTask, name: string, value: Json, { store, bucket }: Connection) {
    if (typeof value !== 'string' || !/^(?:s3|file):\/\//.test(value)) return undefined;
    const staging = { home: this.#options.stores, store, bucket };
    return stageInput(value, `Input '${name}' of task '${task.name}'`, staging);
  }

  /** The run names a place in the home's own default bucket; here it is the one of the platform's account. */
  #outputUri({ outputUri, jobName }: TaskInvocation, bucket: string): string {
    if (outputUri === undefined) return `s3://${bucket}/${jobName}`;
    const place = parseS3Uri(outputUri);
    return place.bucket === defaultBucket(this.#options.account) ? `s3://${bucket}/${place.key}` : outputUri;
  }

  async #describe(ref: EmrRef): Promise<EmrJob> {
    const [job] = await this.#target(await this.#connect(), ref).describe([ref]);
    if (job instanceof Error) throw job;
    return job as EmrJob;
  }

  async #statuses(handles: readonly JobHandle[], signal?: AbortSignal): Promise<(JobStatus | Error)[]> {
    const connection = await this.#connect();
    const refs = handles.map(parseEmrRef);
    const answers = new Map<EmrRef, JobStatus | Error>();
    for (const those of Map.groupBy(refs, ({ kind, place }) => `${kind}/${place}`).values()) {
      const target = this.#target(connection, those[0]);
      const jobs = await target.describe(those, signal);
      const told = jobs.map((job, index) => endOf({ ...connection, target }, those[index] as EmrRef, job));
      for (const [index, status] of (await Promise.all(told)).entries())
        answers.set(those[index] as EmrRef, status);
    }
    return refs.map((ref) => answers.get(ref) as JobStatus | Error);
  }
}

function documentOf(task: ProcessingTask, base: string): JobDocument {
  const { instanceType, maxRuntimeInSeconds, propertyFiles } = task;
  const outputs = Object.entries(task.outputs).map(([name, { s3Uri }]) => [name, s3Uri ?? `${base}/${name}`]);
  return { instanceType, maxRuntimeInSeconds, propertyFiles, outputs: Object.fromEntries(outputs) };
}

/** Makes the platform that runs Spark on EMR. Nothing is asked before its first use. */
export function createEmrPlatform(options: EmrPlatformOptions): Platform {
  return new EmrPlatform(options);
}
