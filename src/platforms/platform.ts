import type { JobTask, Json } from '../graph/index.ts';
import type { JobHandle } from './job-handle.ts';

/**
 * Where a job task runs. It lines up with Flyte's create/get/delete, so that one platform serves the engine, the
 * command line and a Flyte connector. Every platform passes `test/conformance/platform.ts`.
 *
 * A handle means the same in every process: whoever has it may ask for the job's status, watch it, read its log and
 * cancel it. What a platform no longer knows is `JobNotFound`.
 */
export interface Platform {
  /** `local`, `sagemaker`, …: the name in its handles. */
  readonly name: string;
  readonly capabilities: PlatformCapabilities;
  /** Where its jobs leave their outputs. @default the home's own store */
  readonly store?: OutputStore | undefined;
  /**
   * Checks a task without its inputs, so that a run whose last step cannot run is refused before its first one does.
   *
   * @throws SluiceError with fault `user` when no job of the task can ever run as it is: a missing script
   */
  check(task: JobTask): Promise<void>;
  /**
   * Starts a job. The same `idempotencyKey` twice is one job, whoever asks, at whichever moment: each gets its handle.
   *
   * @throws SluiceError with fault `user` when the task can never run as it is (a missing script, an empty
   *   channel, an invalid hyperparameter), with fault `system` when trying again, with the same key, may help;
   *   `CapacityUnavailable` when there is no room for it now, and no job was made.
   */
  submit(invocation: TaskInvocation, options: SubmitOptions): Promise<JobHandle>;
  /** @throws SluiceError `JobNotFound` */
  status(handle: JobHandle): Promise<JobStatus>;
  /** The status now and after each change; ends after a terminal phase. @throws SluiceError `JobNotFound` */
  watch(handle: JobHandle, options?: { readonly signal?: AbortSignal }): AsyncIterable<JobStatus>;
  /**
   * Asks the job to stop; {@link watch} tells when it has. Idempotent: a job that has ended stays as it is, and of one
   * that the platform does not know nothing runs.
   */
  cancel(handle: JobHandle): Promise<void>;
  /** Log lines in order of time. @throws SluiceError `JobNotFound`, `InvalidArgument` for a cursor of another log */
  logs(handle: JobHandle, options?: LogOptions): AsyncIterable<LogLine>;
  /** Lets go of what this object holds: connections, timers, watches. Jobs go on; only {@link cancel} stops them. Idempotent. */
  detach(): Promise<void>;
}

/** A store that is not the home's own. */
export interface OutputStore {
  /** The same for all platforms that have one store. */
  readonly place: string;
  /**
   * Brings what a job has left to the home's own store, once, for a job that runs elsewhere.
   *
   * @param uri `s3://…` of this store: an object, or the beginning of the names of some
   * @param prefix `s3://…/` of the home's own store, below which it goes
   * @returns the same of the home's own store
   */
  bring(uri: string, prefix: string, signal?: AbortSignal): Promise<string>;
}

/** What a platform can do. */
export interface PlatformCapabilities {
  readonly jobTypes: readonly JobTask['type'][];
  readonly spot: boolean;
  readonly gpu: boolean;
  /** `push`: watch reports at once. `poll`: watch asks every few seconds. */
  readonly updates: 'push' | 'poll';
  /** Jobs that a run starts at once, unless it says otherwise. `Infinity`: the platform queues what has no room. */
  readonly jobsAtOnce: number;
}

/** One call of a job task with its inputs resolved. */
export interface TaskInvocation {
  readonly task: JobTask;
  /** By input name, as the task's interface declares them. */
  readonly inputs: Readonly<Record<string, Json>>;
  /** The job's name; unique, valid for SageMaker (at most 63 characters). */
  readonly jobName: string;
  /** Where outputs go, without trailing slash: `s3://<default bucket>/<run>/<node>`. @default 's3://<default bucket>/<jobName>' */
  readonly outputUri?: string;
  /** It runs so long at most, where its task allows more: a cap pays for no more. Seconds. */
  readonly mostSeconds?: number | undefined;
}

export interface SubmitOptions {
  readonly idempotencyKey: string;
  /** Aborted: either there is no job, and `submit` rejects, or it answers the job's handle. */
  readonly signal?: AbortSignal;
}

/** How a log is read. */
export interface LogOptions {
  /** Goes on after the line that carried it. @default the beginning */
  readonly cursor?: string;
  /** Goes on until the job ends. @default false: ends with what is there */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** Flyte's phases, in lower case. Terminal: succeeded, failed, aborted. */
export type JobPhase = 'queued' | 'initializing' | 'running' | 'succeeded' | 'failed' | 'aborted';

/** The state of a job, in one shape for success and failure. */
export interface JobStatus {
  readonly phase: JobPhase;
  /** SageMaker's own: InProgress, Completed, Failed, Stopping, Stopped. */
  readonly status: string;
  /** SageMaker's own: Starting, Downloading, Training, Uploading, … */
  readonly secondaryStatus?: string;
  /** One line on what it does now, or why it ended: FailureReason. */
  readonly message?: string;
  /** Whose fault a failure is; `system` failures do not spend the user's retries. */
  readonly fault?: 'user' | 'system';
  /**
   * Why it ended where its place is to blame, so that another place may do: there was no room for it, or its spot machine
   * was taken away. It spends no retry.
   */
  readonly displaced?: 'capacity' | 'interruption';
  /** By output name, as the task's interface declares them; complete once succeeded; once stopped, what there is. */
  readonly outputs: Readonly<Record<string, Json>>;
  /** Once it has ended otherwise: where what it saved lies, by name; absent where nothing is known of any. */
  readonly saved?: Readonly<Record<string, string>>;
  /** Captured by metric definitions, last value of each. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly createdAt: Date;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  /** As SageMaker bills: whole seconds from start to end, times instances. */
  readonly billableSeconds?: number;
  /** The last lines of the log where the job failed. */
  readonly logTail?: readonly string[];
}

/** Whether a job has come to its end. */
export function isTerminal({ phase }: Pick<JobStatus, 'phase'>): boolean {
  return phase === 'succeeded' || phase === 'failed' || phase === 'aborted';
}

/** One line of a job's log. */
export interface LogLine {
  readonly timestamp: Date;
  /** The log stream, `algo-1`. */
  readonly stream: string;
  readonly message: string;
  /** The step of a progress bar that the next line took the place of. @default false */
  readonly overwritten?: boolean;
  /** Where it ends, in the platform's own words: to go on after it, in whichever process. */
  readonly cursor: string;
}
