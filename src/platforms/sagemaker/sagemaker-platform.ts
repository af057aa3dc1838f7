import { type Bundles, checkScript } from '../../bundles/index.ts';
import { SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { SageMakerSettings } from '../../core/platforms-settings.ts';
import type { EndingJobTask, EndpointTask, JobTask, Json } from '../../graph/index.ts';
import { type AwsPlatformOptions, AwsSite } from '../aws/aws-site.ts';
import { JobLogs, type LogStream } from '../aws/job-logs.ts';
import { jobNameOfKey } from '../aws/job-name.ts';
import { TrainingQueue } from '../batch/training-queue.ts';
import { type EndpointInvocation, EndpointJobs, type PreparedEndpoint } from '../endpoints/endpoint-jobs.ts';
import type { JobHandle } from '../job-handle.ts';
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
import { CODE_IN_MODEL, needsCodeInModel, resolveImage, SOURCE_ARCHIVE } from '../request/code.ts';
import { applySettings, withinSeconds } from '../settings/apply-settings.ts';
import { checkInstanceTypes } from './check-request.ts';
import { chooseImage } from './choose-image.ts';
import { describedStatus } from './described-status.ts';
import { JobBoard } from './job-board.ts';
import { isEndedJob, isTakenName, isUnknownJob } from './job-errors.ts';
import { jobStreams } from './job-streams.ts';
import { type PreparedJob, prepareJob } from './prepare-job.ts';
import { RequestPace } from './request-pace.ts';
import { createSageMakerApi, type SageMakerApi } from './sagemaker-api.ts';
import { differingMembers } from './same-request.ts';

/** How many of the last log lines a failure shows. */
const LOG_TAIL_LINES = 20;

/** Of an account's limits, which other programs need too. */
const PACE = { perSecond: 1.8, burst: 8 };

/** Jobs in one question: lists tell of all. */
const BATCH = 10_000;

/** What the SageMaker platform works with. */
export interface SageMakerPlatformOptions extends AwsPlatformOptions {
  readonly settings: { readonly sagemaker?: SageMakerSettings | undefined };
}

/** Runs job tasks on Amazon SageMaker, or on what speaks its API. */
export class SageMakerPlatform implements Platform {
  readonly name = 'sagemaker';
  readonly capabilities: PlatformCapabilities;
  readonly #bundles: Bundles;
  readonly #settings: SageMakerSettings;
  readonly #site: AwsSite;
  readonly #poller: Poller;
  readonly #logs: JobLogs;
  readonly #endpoints: EndpointJobs;
  readonly #queue: TrainingQueue;
  #made: Promise<SageMakerApi> | undefined;

  constructor(options: SageMakerPlatformOptions) {
    this.#bundles = options.bundles;
    this.#settings = options.settings.sagemaker ?? {};
    this.#site = new AwsSite(this.#settings, options);
    const { access } = this.#site;
    this.capabilities = {
      jobTypes: ['training', 'processing', 'batch_transform', 'endpoint'],
      spot: true,
      gpu: true,
      updates: 'poll',
      jobsAtOnce: this.#settings.jobsAtOnce ?? Number.POSITIVE_INFINITY,
    };
    const pace = new RequestPace(PACE);
    this.#queue = new TrainingQueue({
      access,
      settings: this.#settings.training ?? {},
      describeTraining: (name, signal) => this.#describeKnown('training', name, signal),
      status: (handle, signal) => this.#describe(handle, signal),
      summary: (description) => this.#told('training', description),
      turn: (signal) => pace.turn(signal),
      times: options.times,
    });
    const board = new JobBoard({
      pace,
      list: async (type, query) => (await this.#api()).jobs[type].list(query),
      describe: (handle, signal) => this.#describe(handle, signal),
    });
    this.#poller = new Poller({
      statusOf: (handles, signal) => board.statuses(handles, signal),
      batchSize: BATCH,
      isThrottled: (error) => error instanceof SluiceError && error.code === 'Throttled',
      ...(options.times && { times: options.times }),
    });
    this.#logs = new JobLogs({
      aws: access,
      streams: (handle) => this.#streams(handle),
      everyMs: options.times?.firstMs ?? 2000,
      // CloudWatch shows lines some seconds after they were printed.
      lateMs: access.isAws ? 5000 : 0,
    });
    this.#endpoints = new EndpointJobs({
      platform: this.name,
      access: async () => access,
      prepare: (invocation, _access, signal) => this.#prepareEndpoint(invocation, signal),
      times: options.times,
    });
  }

  get store(): OutputStore | undefined {
    return this.#site.store;
  }

  async check(task: JobTask): Promise<void> {
    const applied = this.#applied(task);
    checkInstanceTypes(applied);
    this.#requireRole(applied);
    if (applied.script) await checkScript(this.#bundles, applied.script);
    if (this.#isQueued(applied)) await this.#queue.check();
    await this.#site.access.region();
  }

  async submit(invocation: TaskInvocation, options: SubmitOptions): Promise<JobHandle> {
    if (invocation.task.type === 'endpoint') return this.#endpoints.submit(invocation, options);
    const { idempotencyKey, signal } = options;
    const jobName = jobNameOfKey(idempotencyKey);
    const task: EndingJobTask = withinSeconds(this.#applied(invocation.task), invocation);
    this.#requireRole(task);
    const prepared = await prepareJob({ ...invocation, task, jobName }, this.#site, this.#settings);
    signal?.throwIfAborted();
    await this.#site.makeBucket();
    await forEachAtOnce(prepared.bring, 4, signal, (bring, stop) => bring(stop));
    await prepared.bringModel?.();
    signal?.throwIfAborted();
    return this.#create(prepared, jobName);
  }

  async status(handle: JobHandle): Promise<JobStatus> {
    if (handle.jobType === 'endpoint') return this.#endpoints.status(handle);
    return this.#describe(handle);
  }

  async *watch(
    handle: JobHandle,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<JobStatus> {
    if (handle.jobType === 'endpoint') return yield* this.#endpoints.watch(handle, options);
    const isQueued = handle.ref !== undefined;
    yield* isQueued ? this.#queue.watch(handle, options) : this.#poller.watch(handle, options);
  }

  async cancel(handle: JobHandle): Promise<void> {
    const { jobType, jobName } = handle;
    if (jobType === 'endpoint') return this.#endpoints.cancel(handle);
    if (handle.ref !== undefined) return this.#queue.cancel(handle.ref);
    const api = await this.#api();
    try {
      await api.jobs[jobType].stop(jobName);
    } catch (error) {
      if (!isUnknownJob(error) && !isEndedJob(error)) throw error;
    }
  }

  async *logs(handle: JobHandle, options: LogOptions = {}): AsyncGenerator<LogLine> {
    if (handle.jobType === 'endpoint') return yield* this.#endpoints.logs(handle, options);
    await this.#describeRaw(handle);
    yield* this.#logs.read(handle, options, (signal) => this.watch(handle, { signal }));
  }

  async detach(): Promise<void> {
    this.#poller.close();
    this.#queue.close();
    this.#endpoints.close();
    this.#made = undefined;
    await this.#site.close();
  }

  #applied<Task extends JobTask>(task: Task): Task {
    return chooseImage(
      applySettings('sagemaker', task, this.#settings),
      this.#settings,
      this.#site.access.isAws,
    );
  }

  #requireRole(task: JobTask): void {
    const needsNone = task.type === 'batch_transform' && task.modelName !== undefined;
    if (task.role !== undefined || !this.#site.access.isAws || needsNone) return;
    throw new SluiceError(
      'InvalidArgument',
      `Task '${task.name}' has no role that SageMaker could run it as.`,
      {
        hint: 'Set platforms.sagemaker.executionRole in the configuration, or role of the task.',
      },
    );
  }

  async #api(): Promise<SageMakerApi> {
    this.#made ??= createSageMakerApi(this.#site.access).catch((error: unknown) => {
      this.#made = undefined;
      throw error;
    });
    return this.#made;
  }

  /** Models and code of this machine are brought to the platform's store. */
  async #prepareEndpoint(
    invocation: EndpointInvocation,
    signal: AbortSignal | undefined,
  ): Promise<PreparedEndpoint> {
    const { account } = await this.#site.connect();
    const task = this.#applied(invocation.task);
    this.#requireRole(task);
    const { inputs, bring } = await this.#site.stage({ ...invocation, task });
    const code = await this.#site.placeCode(task, 'archive');
    await this.#site.makeBucket();
    await forEachAtOnce(bring, 4, signal, (each, stop) => each(stop));
    await code?.bring();
    if (!code) return { invocation: { ...invocation, task, inputs }, account };
    const image = resolveImage(task, { account, roleArn: '' });
    if (!needsCodeInModel(task, image)) {
      const codeUri = `${code.codeUri}${SOURCE_ARCHIVE}`;
      return { invocation: { ...invocation, task, inputs }, account, codeUri };
    }
    const packed = await this.#withCode(task, inputs, code.codeUri);
    return { invocation: { ...invocation, task, inputs: packed }, account, codeUri: CODE_IN_MODEL };
  }

  /** The inputs of an endpoint, its models with the task's code in them. */
  async #withCode(
    task: EndpointTask,
    inputs: Readonly<Record<string, Json>>,
    codeUri: string,
  ): Promise<Record<string, Json>> {
    const names = new Set(Object.values(task.variants).map(({ input }) => input));
    const packed: Record<string, Json> = { ...inputs };
    for (const name of names) {
      const uri = inputs[name];
      if (typeof uri !== 'string') continue;
      const model = await this.#site.placeModel(`Input '${name}' of task '${task.name}'`, uri, codeUri);
      await model.bring();
      packed[name] = model.uri;
    }
    return packed;
  }

  async #create({ checked, model }: PreparedJob, jobName: string): Promise<JobHandle> {
    const api = await this.#api();
    if (model) {
      await this.#unlessTheSame(
        () => api.createModel(model),
        'model',
        jobName,
        async () => differingMembers(model, await api.describeModel(jobName)),
      );
    }
    if (this.#isQueued(checked) && checked.type === 'training') {
      const ref = await this.#queue.submit(checked.request);
      return { platform: this.name, jobType: 'training', jobName, ref };
    }
    const { type: jobType, request } = checked;
    const operations = api.jobs[jobType];
    await this.#unlessTheSame(
      () => operations.create(request as never),
      'job',
      jobName,
      async () => differingMembers(request, await operations.describe(jobName)),
    );
    return { platform: this.name, jobType, jobName };
  }

  /** "Already exists" of the same request is what was asked for. */
  async #unlessTheSame(
    create: () => Promise<unknown>,
    what: string,
    name: string,
    differing: () => Promise<string[]>,
  ): Promise<void> {
    try {
      await create();
    } catch (error) {
      if (!isTakenName(error)) throw error;
      const members = await differing();
      if (members.length === 0) return;
      throw new SluiceError(
        'JobNameTaken',
        `SageMaker has a ${what} '${name}' already, made by another request: ${members.join(', ')} differ.`,
        { cause: error, hint: 'Begin a new run, or take another name.' },
      );
    }
  }

  /** Whether a job waits in a queue of AWS Batch. */
  #isQueued({ type }: { readonly type: JobTask['type'] }): boolean {
    return type === 'training' && this.#settings.training?.jobQueue !== undefined;
  }

  async #streams(handle: JobHandle): Promise<LogStream[]> {
    const { access } = this.#site;
    if (handle.ref === undefined) return jobStreams(access, handle);
    const jobName = await this.#queue.trainingJob(handle.ref, handle.jobName);
    return jobName === undefined ? [] : jobStreams(access, { ...handle, jobName });
  }

  async #describeRaw({ jobName, ref, ...handle }: JobHandle, signal?: AbortSignal): Promise<object> {
    const jobType = endingType(handle);
    const found =
      ref === undefined
        ? await this.#describeKnown(jobType, jobName, signal)
        : await this.#queue.describe(ref, jobName, signal);
    if (found) return found;
    throw new SluiceError('JobNotFound', `SageMaker knows no ${jobType} job '${jobName}'.`);
  }

  async #describeKnown(
    jobType: EndingJobTask['type'],
    jobName: string,
    signal?: AbortSignal,
  ): Promise<object | undefined> {
    const api = await this.#api();
    try {
      return await api.jobs[jobType].describe(jobName, signal);
    } catch (error) {
      if (isUnknownJob(error)) return undefined;
      throw error;
    }
  }

  async #describe(handle: JobHandle, signal?: AbortSignal): Promise<JobStatus> {
    const description = await this.#describeRaw(handle, signal);
    return this.#told(endingType(handle), description, () => this.#logs.tail(handle, LOG_TAIL_LINES));
  }

  async #told(
    type: EndingJobTask['type'],
    description: object,
    logTail = (): Promise<string[]> => Promise.resolve([]),
  ): Promise<JobStatus> {
    const { store } = await this.#site.connect();
    return describedStatus(type, description, { store, logTail });
  }
}

/** Of what is no endpoint. */
function endingType({ jobType }: Pick<JobHandle, 'jobType'>): EndingJobTask['type'] {
  if (jobType !== 'endpoint') return jobType;
  throw new Error('An endpoint is no job of SageMaker.');
}

/** Makes the platform that runs job tasks on SageMaker. Nothing is asked before its first use. */
export function createSageMakerPlatform(options: SageMakerPlatformOptions): Platform {
  return new SageMakerPlatform(options);
}
