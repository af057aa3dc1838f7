import { createHash } from 'node:crypto';
import { bundleScript, checkScript } from '../../bundles/index.ts';
import { SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { EmrSettings } from '../../core/platforms-settings.ts';
import type { JobTask, ProcessingTask } from '../../graph/index.ts';
import { parseS3Uri } from '../../objects/index.ts';
import { type AwsConnection, type AwsPlatformOptions, AwsSite } from '../aws/aws-site.ts';
import { jobNameOfKey } from '../aws/job-name.ts';
import type { JobHandle } from '../job-handle.ts';
import {
  isTerminal,
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
import { jobUri } from '../request/locations.ts';
import { applySettings, withinSeconds } from '../settings/apply-settings.ts';
import { chooseTarget } from './choose-target.ts';
import { emrApplication, expectSpark } from './emr-application.ts';
import { emrLogLines } from './emr-logs.ts';
import { type EmrRef, formatEmrRef, parseEmrRef } from './emr-ref.ts';
import type { EmrJob, EmrTarget } from './emr-target.ts';
import { endOf, type JobDocument } from './job-ends.ts';
import { modulesOf, refuseRequirements } from './modules.ts';
import { placePackages } from './place-packages.ts';

const AT_ONCE = 4;

/** What the EMR platform works with. */
export interface EmrPlatformOptions extends AwsPlatformOptions {
  readonly settings: { readonly emr?: EmrSettings | undefined };
}

/** Runs Spark applications on Amazon EMR: Serverless, or as steps of a cluster. */
export class EmrPlatform implements Platform {
  readonly name = 'emr';
  readonly capabilities: PlatformCapabilities;
  readonly #options: EmrPlatformOptions;
  readonly #settings: EmrSettings;
  readonly #site: AwsSite;
  readonly #poller: Poller;

  constructor(options: EmrPlatformOptions) {
    this.#options = options;
    this.#settings = options.settings.emr ?? {};
    this.#site = new AwsSite(this.#settings, options);
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

  get store(): OutputStore | undefined {
    return this.#site.store;
  }

  async check(task: JobTask): Promise<void> {
    const applied = this.#applied(task);
    if (applied.script) await checkScript(this.#options.bundles, applied.script);
    await this.#site.access.region();
  }

  async submit(invocation: TaskInvocation, { idempotencyKey, signal }: SubmitOptions): Promise<JobHandle> {
    const task = withinSeconds(this.#applied(invocation.task), invocation);
    const connection = await this.#site.connect();
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
    await this.#target(await this.#site.connect(), ref).cancel(ref);
  }

  async *logs(handle: JobHandle, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const ref = parseEmrRef(handle);
    const connection = await this.#site.connect();
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
    await this.#site.close();
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

  /** Where applications run, or where one does: a job is asked for where it is, whatever the settings say by now. */
  #target({ bucket }: Pick<AwsConnection, 'bucket'>, ref?: EmrRef): EmrTarget {
    const logUri = (this.#settings.logUri ?? `s3://${bucket}/logs`).replace(/\/+$/, '');
    return chooseTarget({ access: this.#site.access, settings: this.#settings, logUri }, ref);
  }

  /** Brings what the application needs, and says what it is. */
  async #prepare(
    invocation: TaskInvocation,
    task: ProcessingTask,
    connection: AwsConnection,
    signal?: AbortSignal,
  ) {
    const { account, store } = connection;
    const { inputs, bring } = await this.#site.stage({ ...invocation, task });
    const bundle = await bundleScript(
      this.#options.bundles,
      task.script as NonNullable<ProcessingTask['script']>,
    );
    const { files } = bundle;
    const packages = placePackages(task, bundle, this.#options.bundles, connection);
    refuseRequirements(task, files);
    const code = await this.#site.placeCode(task, 'files');
    const outputUri = await this.#site.outputUri(invocation.outputUri, invocation.jobName);
    const placed = { ...invocation, inputs, outputUri };
    const base = jobUri(placed, account);
    const document = documentOf(task, `${base}/output`);
    const uri = `${base}/job.json`;
    const putDocument = async () => {
      const { bucket, key } = parseS3Uri(uri);
      await store.put(bucket, key, JSON.stringify(document));
    };
    const application = emrApplication(task, placed, {
      name: invocation.jobName,
      codeUri: code?.codeUri ?? '',
      jobUri: uri,
      outputs: document.outputs,
      modules: [...modulesOf(task, files), ...(packages ? [packages.uri] : [])],
    });
    signal?.throwIfAborted();
    await this.#site.makeBucket();
    const all = [...bring, async () => code?.bring(), async () => packages?.bring(), putDocument];
    await forEachAtOnce(all, AT_ONCE, signal, (each, stop) => each(stop));
    return application;
  }

  async #describe(ref: EmrRef): Promise<EmrJob> {
    const [job] = await this.#target(await this.#site.connect(), ref).describe([ref]);
    if (job instanceof Error) throw job;
    return job as EmrJob;
  }

  async #statuses(handles: readonly JobHandle[], signal?: AbortSignal): Promise<(JobStatus | Error)[]> {
    const connection = await this.#site.connect();
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
