import { Bundles, checkScript } from '../../bundles/index.ts';
import { defaultRoleArn } from '../../contract/arns.ts';
import { type Account, defaultBucket } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { SageMakerSettings } from '../../core/platforms-settings.ts';
import type { EndingJobTask, JobTask, Json } from '../../graph/index.ts';
import { type ObjectStore, parseS3Uri } from '../../objects/index.ts';
import { AwsAccess } from '../aws/aws-access.ts';
import { type EndpointInvocation, EndpointJobs, type PreparedEndpoint } from '../endpoints/endpoint-jobs.ts';
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
import { SOURCE_ARCHIVE } from '../request/code.ts';
import { buildProcessingRequest } from '../request/processing-request.ts';
import { putSparkConf } from '../request/put-spark-conf.ts';
import type { RequestOptions } from '../request/request-options.ts';
import { buildTrainingRequest } from '../request/training-request.ts';
import { buildTransformRequests } from '../request/transform-request.ts';
import { applySettings, outputUriUnder } from '../settings/apply-settings.ts';
import { type CheckedRequest, checkRequest } from './check-request.ts';
import { chooseImage } from './choose-image.ts';
import { chooseInstanceCount } from './choose-instance-count.ts';
import { describedStatus } from './described-status.ts';
import { JobBoard } from './job-board.ts';
import { isEndedJob, isTakenName, isUnknownJob } from './job-errors.ts';
import { JobLogs } from './job-logs.ts';
import { jobNameOfKey } from './job-name.ts';
import { placeCode } from './place-code.ts';
import { propertyVariables } from './property-variables.ts';
import { RequestPace } from './request-pace.ts';
import { createSageMakerApi, type SageMakerApi } from './sagemaker-api.ts';
import { differingMembers } from './same-request.ts';
import { type StagedData, stageInput } from './staging.ts';

/** How many of the last log lines a failure shows. */
const LOG_TAIL_LINES = 20;

/** Of an account's limits, which other programs need too. */
const PACE = { perSecond: 1.9, burst: 8 };

/** Jobs in one question: lists tell of all. */
const BATCH = 10_000;

/** What the SageMaker platform works with. */
export interface SageMakerPlatformOptions {
  readonly settings: { readonly sagemaker?: SageMakerSettings | undefined };
  /** The home's own stores, bundles and account. */
  readonly stores: { store(bucket: string): ObjectStore };
  readonly bundles: Bundles;
  readonly account: Account;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly times?: Partial<PollerTimes>;
}

/** What is asked of AWS once, when the platform is first used. */
interface Connection {
  readonly api: SageMakerApi;
  readonly account: Account;
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly bundles: Bundles;
}

/** A job that is ready to be made, and what has to be brought there before. */
interface PreparedJob {
  readonly checked: CheckedRequest;
  readonly model?: ReturnType<typeof buildTransformRequests>['model'];
  readonly bring: readonly ((signal?: AbortSignal) => Promise<void>)[];
}

/** Runs job tasks on Amazon SageMaker, or on what speaks its API. */
export class SageMakerPlatform implements Platform {
  readonly name = 'sagemaker';
  readonly capabilities: PlatformCapabilities;
  readonly #options: SageMakerPlatformOptions;
  readonly #settings: SageMakerSettings;
  readonly #aws: AwsAccess;
  readonly #poller: Poller;
  readonly #logs: JobLogs;
  readonly #endpoints: EndpointJobs;
  #connection: Promise<Connection> | undefined;

  constructor(options: SageMakerPlatformOptions) {
    this.#options = options;
    this.#settings = options.settings.sagemaker ?? {};
    this.#aws = new AwsAccess(this.#settings, options.environment);
    this.capabilities = {
      jobTypes: ['training', 'processing', 'batch_transform', 'endpoint'],
      spot: true,
      gpu: true,
      updates: 'poll',
      jobsAtOnce: this.#settings.jobsAtOnce ?? Number.POSITIVE_INFINITY,
    };
    const board = new JobBoard({
      pace: new RequestPace(PACE),
      list: async (type, query) => (await this.#connect()).api.jobs[type].list(query),
      describe: (handle, signal) => this.#describe(handle, signal),
    });
    this.#poller = new Poller({
      statusOf: (handles, signal) => board.statuses(handles, signal),
      batchSize: BATCH,
      isThrottled: (error) => error instanceof SluiceError && error.code === 'Throttled',
      ...(options.times && { times: options.times }),
    });
    this.#logs = new JobLogs({
      aws: this.#aws,
      everyMs: options.times?.firstMs ?? 2000,
      // CloudWatch shows lines some seconds after they were printed.
      lateMs: this.#aws.isAws ? 5000 : 0,
    });
    this.#endpoints = new EndpointJobs({
      platform: this.name,
      access: async () => this.#aws,
      prepare: (invocation, _access, signal) => this.#prepareEndpoint(invocation, signal),
      times: options.times,
    });
  }

  async check(task: JobTask): Promise<void> {
    const applied = this.#applied(task);
    this.#requireRole(applied);
    if (applied.script) await checkScript(this.#options.bundles, applied.script);
  }

  async submit(invocation: TaskInvocation, options: SubmitOptions): Promise<JobHandle> {
    if (invocation.task.type === 'endpoint') return this.#endpoints.submit(invocation, options);
    const { idempotencyKey, signal } = options;
    const connection = await this.#connect();
    signal?.throwIfAborted();
    const jobName = jobNameOfKey(idempotencyKey);
    const prepared = await this.#prepare({ ...invocation, jobName }, connection);
    signal?.throwIfAborted();
    await this.#makeBucket(connection);
    await forEachAtOnce(prepared.bring, 4, signal, (bring, stop) => bring(stop));
    signal?.throwIfAborted();
    return this.#create(prepared, jobName, connection);
  }

  async status(handle: JobHandle): Promise<JobStatus> {
    if (handle.jobType === 'endpoint') return this.#endpoints.status(handle);
    return this.#describe(handle);
  }

  async *watch(
    handle: JobHandle,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<JobStatus> {
    const isEndpoint = handle.jobType === 'endpoint';
    yield* isEndpoint ? this.#endpoints.watch(handle, options) : this.#poller.watch(handle, options);
  }

  async cancel(handle: JobHandle): Promise<void> {
    const { jobType, jobName } = handle;
    if (jobType === 'endpoint') return this.#endpoints.cancel(handle);
    const { api } = await this.#connect();
    try {
      await api.jobs[jobType].stop(jobName);
    } catch (error) {
      if (!isUnknownJob(error) && !isEndedJob(error)) throw error;
    }
  }

  async *logs(handle: JobHandle, options: LogOptions = {}): AsyncGenerator<LogLine> {
    if (handle.jobType === 'endpoint') return yield* this.#endpoints.logs(handle, options);
    await this.#describeRaw(handle);
    const stopped = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stopped.signal]) : stopped.signal;
    try {
      yield* this.#logs.read(handle, options, async () => {
        for await (const status of this.watch(handle, { signal })) if (isTerminal(status)) return;
      });
    } finally {
      stopped.abort();
    }
  }

  async detach(): Promise<void> {
    this.#poller.close();
    this.#endpoints.close();
    this.#connection = undefined;
    await this.#aws.close();
  }

  #applied<Task extends JobTask>(task: Task): Task {
    return chooseImage(applySettings('sagemaker', task, this.#settings), this.#settings, this.#aws.isAws);
  }

  #requireRole(task: JobTask): void {
    const needsNone = task.type === 'batch_transform' && task.modelName !== undefined;
    if (task.role !== undefined || !this.#aws.isAws || needsNone) return;
    throw new SluiceError(
      'InvalidArgument',
      `Task '${task.name}' has no role that SageMaker could run it as.`,
      {
        hint: 'Set platforms.sagemaker.executionRole in the configuration, or role of the task.',
      },
    );
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
    const store = await this.#aws.store();
    const bundles = new Bundles({ stores: { store: () => store }, account });
    return {
      api: await createSageMakerApi(this.#aws),
      account,
      store,
      bucket: defaultBucket(account),
      bundles,
    };
  }

  /** SageMaker's SDK makes its default bucket the same way. */
  async #makeBucket({ store, bucket }: Connection): Promise<void> {
    if (!(await store.bucketExists(bucket))) await store.createBucket(bucket);
  }

  async #prepare(invocation: TaskInvocation, connection: Connection): Promise<PreparedJob> {
    const { account, store, bucket, bundles } = connection;
    const applied = this.#applied(invocation.task);
    this.#requireRole(applied);
    const staging = { home: this.#options.stores, store, bucket };
    const bring: ((signal?: AbortSignal) => Promise<void>)[] = [];
    const inputs: Record<string, Json> = {};
    let bytes: number | undefined;
    for (const [name, value] of Object.entries(invocation.inputs)) {
      const data = await this.#stage(applied, name, value, staging);
      if (data) {
        bring.push((signal) => data.bring(signal));
        bytes = (bytes ?? 0) + data.sizeBytes;
      }
      inputs[name] = data?.uri ?? value;
    }
    const task = applied.autoInstanceCount
      ? { ...applied, instanceCount: chooseInstanceCount(applied, bytes) }
      : applied;
    const code = await placeCode(task, { home: this.#options.bundles, bundles, store, bucket });
    if (code) bring.push(() => code.bring());
    const placed = {
      ...invocation,
      task: withVariables(task),
      inputs,
      outputUri: this.#outputUri(invocation, bucket),
    };
    bring.push(() => putSparkConf(placed, account, { store: () => store }));
    const options: RequestOptions = {
      account,
      roleArn: defaultRoleArn(account),
      ...(code && { codeUri: code.codeUri, requirements: code.requirements }),
    };
    const { checked, model } = buildRequest(placed, options);
    checkRequest(task, checked);
    return { checked, model, bring };
  }

  /** Models and code of this machine are brought to the platform's store. */
  async #prepareEndpoint(
    invocation: EndpointInvocation,
    signal: AbortSignal | undefined,
  ): Promise<PreparedEndpoint> {
    const connection = await this.#connect();
    const { account, store, bucket, bundles } = connection;
    const task = this.#applied(invocation.task);
    this.#requireRole(task);
    await this.#makeBucket(connection);
    const inputs: Record<string, Json> = {};
    for (const [name, value] of Object.entries(invocation.inputs)) {
      const data = await this.#stage(task, name, value, { home: this.#options.stores, store, bucket });
      await data?.bring(signal);
      inputs[name] = data?.uri ?? value;
    }
    const code = await placeCode(task, { home: this.#options.bundles, bundles, store, bucket });
    await code?.bring();
    const codeUri = code && `${code.codeUri}${SOURCE_ARCHIVE}`;
    return { invocation: { ...invocation, task, inputs }, account, codeUri };
  }

  async #stage(
    task: JobTask,
    name: string,
    value: Json,
    staging: Parameters<typeof stageInput>[2],
  ): Promise<StagedData | undefined> {
    if (typeof value !== 'string' || !/^(?:s3|file):\/\//.test(value)) return undefined;
    return stageInput(value, `Input '${name}' of task '${task.name}'`, staging);
  }

  /** The run names a place in the home's own default bucket; here it is the one of the platform's account. */
  #outputUri(invocation: TaskInvocation, bucket: string): string {
    const uri = outputUriUnder(invocation, this.#settings);
    if (uri === undefined) return `s3://${bucket}/${invocation.jobName}`;
    const place = parseS3Uri(uri);
    return place.bucket === defaultBucket(this.#options.account) ? `s3://${bucket}/${place.key}` : uri;
  }

  async #create({ checked, model }: PreparedJob, jobName: string, { api }: Connection): Promise<JobHandle> {
    if (model) {
      await this.#unlessTheSame(
        () => api.createModel(model),
        'model',
        jobName,
        async () => differingMembers(model, await api.describeModel(jobName)),
      );
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

  async #describeRaw({ jobName, ...handle }: JobHandle, signal?: AbortSignal): Promise<object> {
    const { api } = await this.#connect();
    const jobType = endingType(handle);
    try {
      return await api.jobs[jobType].describe(jobName, signal);
    } catch (error) {
      if (!isUnknownJob(error)) throw error;
      throw new SluiceError('JobNotFound', `SageMaker knows no ${jobType} job '${jobName}'.`, {
        cause: error,
      });
    }
  }

  async #describe(handle: JobHandle, signal?: AbortSignal): Promise<JobStatus> {
    const description = await this.#describeRaw(handle, signal);
    const { store } = await this.#connect();
    return describedStatus(endingType(handle), description, {
      store,
      logTail: () => this.#logs.tail(handle, LOG_TAIL_LINES),
    });
  }
}

/** Of what is no endpoint. */
function endingType({ jobType }: Pick<JobHandle, 'jobType'>): EndingJobTask['type'] {
  if (jobType !== 'endpoint') return jobType;
  throw new Error('An endpoint is no job of SageMaker.');
}

/** What the status of the job needs, once it has ended. */
function withVariables<Task extends JobTask>(task: Task): Task {
  return { ...task, environment: { ...task.environment, ...propertyVariables(task) } };
}

function buildRequest(
  invocation: TaskInvocation,
  options: RequestOptions,
): { checked: CheckedRequest; model?: PreparedJob['model'] } {
  const { task } = invocation;
  switch (task.type) {
    case 'training':
      return { checked: { type: task.type, request: buildTrainingRequest(task, invocation, options) } };
    case 'processing':
      return { checked: { type: task.type, request: buildProcessingRequest(task, invocation, options) } };
    case 'batch_transform': {
      const { model, job } = buildTransformRequests(task, invocation, options);
      return { checked: { type: task.type, request: job }, ...(model && { model }) };
    }
    case 'endpoint':
      throw new Error('An endpoint is no job of SageMaker.');
  }
}

/** Makes the platform that runs job tasks on SageMaker. Nothing is asked before its first use. */
export function createSageMakerPlatform(options: SageMakerPlatformOptions): Platform {
  return new SageMakerPlatform(options);
}
