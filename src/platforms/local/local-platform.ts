import { defaultRoleArn } from '../../contract/arns.ts';
import { exceptionLine } from '../../contract/exception-line.ts';
import { type Account, defaultBucket } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import type { JobTask, PropertyFile } from '../../graph/index.ts';
import type { JobRecord, JobService, Jobs, Stores } from '../../jobs/index.ts';
import type { JobHandle, JobStatus, LogLine, Platform, SubmitOptions, TaskInvocation } from '../platform.ts';
import { codeUri } from '../request/locations.ts';
import { buildProcessingRequest } from '../request/processing-request.ts';
import type { RequestOptions } from '../request/request-options.ts';
import { buildTrainingRequest } from '../request/training-request.ts';
import { buildTransformRequests } from '../request/transform-request.ts';
import { type CodeFile, expectScript, isPython, listCodeFiles, REQUIREMENTS_FILE } from './code-files.ts';
import { jobStatus } from './job-status.ts';
import { readPropertyFiles } from './property-files.ts';
import { uploadCode, uploadCodeArchive } from './upload-code.ts';

/** How many of the last log lines a failure shows. */
const LOG_TAIL_LINES = 20;

/** What the local platform works with. */
export interface LocalPlatformOptions {
  readonly jobs: Jobs;
  readonly stores: Stores;
  readonly account: Account;
}

type AnyService = JobService<unknown, unknown>;

/** Runs job tasks on this machine. */
export class LocalPlatform implements Platform {
  readonly name = 'local';
  readonly capabilities = {
    jobTypes: ['training', 'processing', 'batch_transform'] as const,
    spot: false,
    gpu: false,
    updates: 'push' as const,
  };
  readonly #options: LocalPlatformOptions;

  constructor(options: LocalPlatformOptions) {
    this.#options = options;
  }

  async check({ script }: JobTask): Promise<void> {
    if (script) await expectScript(script);
  }

  async submit(invocation: TaskInvocation, options: SubmitOptions): Promise<JobHandle> {
    const { task } = invocation;
    const service = this.#service(task.type);
    const known = await service.findByIdempotencyKey(options.idempotencyKey);
    if (known) return { platform: this.name, jobType: task.type, jobName: known.name };
    options.signal?.throwIfAborted();
    await this.#makeDefaultBucket();
    const { script } = task;
    const files = script && (await listCodeFiles(script));
    if (files) await this.#uploadCode(invocation, files);
    await this.#start(invocation, files, options.idempotencyKey);
    return { platform: this.name, jobType: task.type, jobName: invocation.jobName };
  }

  async status(handle: JobHandle): Promise<JobStatus> {
    return this.#status(handle, await this.#service(handle.jobType).record(handle.jobName));
  }

  async *watch(
    handle: JobHandle,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<JobStatus> {
    for await (const record of this.#service(handle.jobType).watch(handle.jobName, options)) {
      yield await this.#status(handle, record);
    }
  }

  async cancel(handle: JobHandle): Promise<void> {
    const service = this.#service(handle.jobType);
    await service.stop(handle.jobName);
    await service.wait(handle.jobName);
  }

  logs(
    handle: JobHandle,
    options: { readonly follow?: boolean; readonly signal?: AbortSignal } = {},
  ): AsyncIterable<LogLine> {
    return this.#service(handle.jobType).logs(handle.jobName, options);
  }

  async close(): Promise<void> {
    await this.#options.jobs.close();
  }

  async #status(handle: JobHandle, record: JobRecord): Promise<JobStatus> {
    const status = jobStatus(record);
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

  async #uploadCode(invocation: TaskInvocation, files: readonly CodeFile[]): Promise<void> {
    const { account, stores } = this.#options;
    const upload = invocation.task.type === 'processing' ? uploadCode : uploadCodeArchive;
    await upload({ files, codeUri: codeUri(invocation, account), stores });
  }

  async #start(
    invocation: TaskInvocation,
    files: readonly CodeFile[] | undefined,
    idempotencyKey: string,
  ): Promise<void> {
    const { jobs, account } = this.#options;
    const { task } = invocation;
    const options: RequestOptions = {
      account,
      roleArn: defaultRoleArn(account),
      ...(files && {
        codeUri: codeUri(invocation, account),
        requirements: isPython(task.script) && files.some(({ path }) => path === REQUIREMENTS_FILE),
      }),
    };
    switch (task.type) {
      case 'training':
        await jobs.training.start(buildTrainingRequest(task, invocation, options), { idempotencyKey });
        return;
      case 'processing': {
        const details = Object.keys(task.propertyFiles).length > 0 ? { details: task.propertyFiles } : {};
        await jobs.processing.start(buildProcessingRequest(task, invocation, options), {
          idempotencyKey,
          ...details,
        });
        return;
      }
      case 'batch_transform': {
        const { model, job } = buildTransformRequests(task, invocation, options);
        if (model) await jobs.models.put(model);
        await jobs.transform.start(job, { idempotencyKey, maxRuntimeInSeconds: task.maxRuntimeInSeconds });
      }
    }
  }

  #service(type: JobTask['type']): AnyService {
    const { jobs } = this.#options;
    const services = {
      training: jobs.training,
      processing: jobs.processing,
      batch_transform: jobs.transform,
    };
    return services[type] as unknown as AnyService;
  }
}

/** Why the program ended, in its own words, beside the FailureReason, which has its exit code alone. */
function withException(status: JobStatus, logTail: readonly string[]): JobStatus {
  const line = exceptionLine(logTail);
  if (line === undefined || status.message === undefined || status.message.includes(line)) return status;
  return { ...status, message: `${status.message} (${line})` };
}

/** Makes the platform that runs job tasks on this machine. */
export function createLocalPlatform(options: LocalPlatformOptions): Platform {
  return new LocalPlatform(options);
}
