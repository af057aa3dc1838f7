import { availableParallelism } from 'node:os';
import {
  Bundles,
  bundleScript,
  checkScript,
  isPython,
  REQUIREMENTS_FILE,
  type StoredBundle,
} from '../../bundles/index.ts';
import { LOCAL_ALGORITHM } from '../../contract/algorithm-image-uri.ts';
import { defaultRoleArn } from '../../contract/arns.ts';
import { type Account, defaultBucket } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import type { JobTask, ProcessingTask, PropertyFile, ScriptSource, TrainingTask } from '../../graph/index.ts';
import type { JobRecord, JobService, Jobs, Stores } from '../../jobs/index.ts';
import type { AwsAccess } from '../aws/aws-access.ts';
import { EndpointJobs } from '../endpoints/endpoint-jobs.ts';
import type { JobHandle } from '../job-handle.ts';
import type {
  JobStatus,
  LogLine,
  LogOptions,
  Platform,
  PlatformCapabilities,
  SubmitOptions,
  TaskInvocation,
} from '../platform.ts';
import { SOURCE_ARCHIVE } from '../request/code.ts';
import { codeUri } from '../request/locations.ts';
import { buildProcessingRequest } from '../request/processing-request.ts';
import { putSparkConf } from '../request/put-spark-conf.ts';
import type { RequestOptions } from '../request/request-options.ts';
import { spreadCode } from '../request/spread-code.ts';
import { buildTrainingRequest } from '../request/training-request.ts';
import { buildTransformRequests } from '../request/transform-request.ts';
import { readPropertyFiles } from '../response/property-files.ts';
import { withException } from '../response/with-exception.ts';
import { LogCursor, wrongCursor } from './log-cursor.ts';
import { recordStatus } from './record-status.ts';

/** How many of the last log lines a failure shows. */
const LOG_TAIL_LINES = 20;

/** What the local platform works with. */
export interface LocalPlatformOptions {
  readonly jobs: Jobs;
  readonly stores: Stores;
  readonly account: Account;
  /** Jobs that a run starts at once. @default the number of cores: a job here is a process of its own */
  readonly jobsAtOnce?: number | undefined;
  /** What serves endpoints: something that goes on when this process has ended. @default nothing does */
  readonly server?: (() => Promise<AwsAccess>) | undefined;
  /** The bundles of these stores, where somebody else has verified some already. @default its own */
  readonly bundles?: Bundles;
}

/** The code of a job, and the prefix that it lies under. */
interface JobCode {
  readonly bundle: StoredBundle;
  readonly codeUri: string;
}

type AnyService = JobService<unknown, unknown>;

/** Runs job tasks on this machine. */
export class LocalPlatform implements Platform {
  readonly name = 'local';
  readonly capabilities: PlatformCapabilities;
  readonly #options: LocalPlatformOptions;
  readonly #bundles: Bundles;
  readonly #endpoints: EndpointJobs;

  constructor(options: LocalPlatformOptions) {
    this.#options = options;
    this.capabilities = {
      jobTypes: ['training', 'processing', 'batch_transform', 'endpoint'],
      spot: false,
      gpu: false,
      updates: 'push',
      jobsAtOnce: options.jobsAtOnce ?? availableParallelism(),
    };
    this.#bundles = options.bundles ?? new Bundles(options);
    this.#endpoints = new EndpointJobs({
      platform: this.name,
      access: options.server ?? noServer,
      prepare: async (invocation, access) => ({
        invocation,
        account: await access.account(),
        codeUri: invocation.task.script && (await bundleScript(this.#bundles, invocation.task.script)).uri,
      }),
      times: { firstMs: 200, longestMs: 2000 },
    });
  }

  async check(task: JobTask): Promise<void> {
    if (task.script) await checkScript(this.#bundles, task.script);
    if (task.type === 'endpoint') await this.#endpoints.check();
    const { algorithm } = task as { readonly algorithm?: string };
    if (algorithm === undefined || algorithm === LOCAL_ALGORITHM) return;
    throw new SluiceError(
      'InvalidArgument',
      `algorithm: '${algorithm}' is in an image of SageMaker's alone, and does not run on this machine; of its algorithms ${LOCAL_ALGORITHM} does.`,
      { hint: "Run it there: platform: 'sagemaker'." },
    );
  }

  async submit(invocation: TaskInvocation, options: SubmitOptions): Promise<JobHandle> {
    const { task } = invocation;
    if (task.type === 'endpoint') return this.#endpoints.submit(invocation, options);
    const service = this.#service(task.type);
    const { idempotencyKey } = options;
    const known = await service.findByIdempotencyKey(idempotencyKey);
    if (known) return this.#handle(task, known.name);
    options.signal?.throwIfAborted();
    await this.#makeDefaultBucket();
    const { script } = task;
    const code = script && (await this.#bringCode(invocation, script));
    options.signal?.throwIfAborted();
    await this.#start(invocation, code, idempotencyKey);
    // Whoever was quicker with the same key has named the job.
    const started = await service.findByIdempotencyKey(idempotencyKey);
    return this.#handle(task, started?.name ?? invocation.jobName);
  }

  async status(handle: JobHandle): Promise<JobStatus> {
    if (handle.jobType === 'endpoint') return this.#endpoints.status(handle);
    return this.#status(handle, await this.#service(handle.jobType).record(handle.jobName));
  }

  async *watch(
    handle: JobHandle,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<JobStatus> {
    if (handle.jobType === 'endpoint') return yield* this.#endpoints.watch(handle, options);
    for await (const record of this.#service(handle.jobType).watch(handle.jobName, options)) {
      yield await this.#status(handle, record);
    }
  }

  async cancel(handle: JobHandle): Promise<void> {
    if (handle.jobType === 'endpoint') return this.#endpoints.cancel(handle);
    const service = this.#service(handle.jobType);
    if (await service.find(handle.jobName)) await service.stop(handle.jobName);
  }

  async *logs(handle: JobHandle, { cursor, ...options }: LogOptions = {}): AsyncGenerator<LogLine> {
    if (handle.jobType === 'endpoint') {
      const from = cursor !== undefined && { cursor };
      return yield* this.#endpoints.logs(handle, { ...options, ...from });
    }
    const reached = LogCursor.parse(cursor);
    const from = new Map(reached.positions);
    await this.#service(handle.jobType).record(handle.jobName);
    await this.#expectLines(handle, from, cursor ?? '');
    const lines = this.#service(handle.jobType).logs(handle.jobName, { ...options, from });
    for await (const { end, ...line } of lines) yield { ...line, cursor: reached.pass(line.stream, end) };
  }

  /** The jobs are those of who opened the home. */
  async detach(): Promise<void> {
    this.#endpoints.close();
  }

  #handle({ type: jobType }: JobTask, jobName: string): JobHandle {
    return { platform: this.name, jobType, jobName };
  }

  /** @throws SluiceError `InvalidArgument` where a position is none of this log */
  async #expectLines(handle: JobHandle, from: ReadonlyMap<string, number>, cursor: string): Promise<void> {
    for (const [stream, position] of from) {
      const log = await this.#service(handle.jobType).openLog(handle.jobName, stream);
      try {
        if (!(await log?.startsLine(position))) throw wrongCursor(cursor);
      } finally {
        await log?.close();
      }
    }
  }

  async #status(handle: JobHandle, record: JobRecord): Promise<JobStatus> {
    const status = recordStatus(record);
    if (status.phase === 'failed') {
      const logTail = await this.#service(handle.jobType).logTail(
        record.name,
        LOG_TAIL_LINES,
        record.progress.failedHost,
      );
      return logTail.length > 0 ? { ...withException(status, logTail), logTail } : status;
    }
    return status.phase === 'succeeded' ? this.#withPropertyFiles(record, status) : status;
  }

  async #withPropertyFiles(record: JobRecord, status: JobStatus): Promise<JobStatus> {
    const files = record.details as Readonly<Record<string, PropertyFile>> | undefined;
    if (!files) return status;
    try {
      const values = await readPropertyFiles(files, status.outputs, this.#options.stores);
      return { ...status, outputs: { ...status.outputs, ...values } };
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      return { ...status, phase: 'failed', fault: 'user', message: error.message, outputs: {} };
    }
  }

  /** SageMaker's SDK makes its default bucket the same way. */
  async #makeDefaultBucket(): Promise<void> {
    const bucket = defaultBucket(this.#options.account);
    const store = this.#options.stores.store(bucket);
    if (!(await store.bucketExists(bucket))) await store.createBucket(bucket);
  }

  /** A framework's container unpacks the bundle's archive itself; for a processing job its files are an input. */
  async #bringCode({ task, ...invocation }: TaskInvocation, script: ScriptSource): Promise<JobCode> {
    const { account, stores } = this.#options;
    const bundle = await bundleScript(this.#bundles, script);
    const archive = { bundle, codeUri: bundle.uri.slice(0, -SOURCE_ARCHIVE.length) };
    if (task.type !== 'processing') return archive;
    const prefix = codeUri({ task, ...invocation }, account);
    await spreadCode({ bundles: this.#bundles, bundle, codeUri: prefix, stores });
    await putSparkConf({ task, ...invocation }, account, stores);
    return { bundle, codeUri: prefix };
  }

  async #start(invocation: TaskInvocation, code: JobCode | undefined, idempotencyKey: string): Promise<void> {
    const { jobs, account } = this.#options;
    const { task } = invocation;
    const options: RequestOptions = {
      account,
      roleArn: defaultRoleArn(account),
      ...(code && {
        codeUri: code.codeUri,
        requirements:
          isPython(task.script) && code.bundle.files.some(({ path }) => path === REQUIREMENTS_FILE),
      }),
    };
    switch (task.type) {
      case 'training':
        await jobs.training.start(buildTrainingRequest(task, invocation, options), {
          idempotencyKey,
          ...propertyFilesOf(task),
        });
        return;
      case 'processing':
        await jobs.processing.start(buildProcessingRequest(task, invocation, options), {
          idempotencyKey,
          ...propertyFilesOf(task),
        });
        return;
      case 'batch_transform': {
        const { model, job } = buildTransformRequests(task, invocation, options);
        if (model) await jobs.models.put(model);
        await jobs.transform.start(job, { idempotencyKey, maxRuntimeInSeconds: task.maxRuntimeInSeconds });
        return;
      }
      case 'endpoint':
        throw new Error('Endpoints are no jobs of this home.');
    }
  }

  #service(type: JobTask['type']): AnyService {
    const { jobs } = this.#options;
    const services = {
      training: jobs.training,
      processing: jobs.processing,
      batch_transform: jobs.transform,
    };
    if (type === 'endpoint') throw new Error('Endpoints are no jobs of this home.');
    return services[type] as unknown as AnyService;
  }
}

/** What a job's record keeps, so that any process finds them. */
function propertyFilesOf({ propertyFiles = {} }: TrainingTask | ProcessingTask): {
  details?: Readonly<Record<string, PropertyFile>>;
} {
  return Object.keys(propertyFiles).length > 0 ? { details: propertyFiles } : {};
}

async function noServer(): Promise<never> {
  throw new SluiceError('ServerUnavailable', 'Nothing here goes on serving endpoints.', {
    hint: 'Run it with a home whose server runs: sluice serve',
  });
}

/** Makes the platform that runs job tasks on this machine. */
export function createLocalPlatform(options: LocalPlatformOptions): Platform {
  return new LocalPlatform(options);
}
