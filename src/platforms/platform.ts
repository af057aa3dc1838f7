import type { JobTask, Json } from '../graph/index.ts';

/**
 * Where a job task runs. It lines up with Flyte's create/get/delete, so that one platform serves the engine, the
 * command line and a Flyte connector. Every platform passes `test/conformance/platform.ts`.
 */
export interface Platform {
  /** `local`, `sagemaker`, … */
  readonly name: string;
  readonly capabilities: PlatformCapabilities;
  /**
   * Checks a task without its inputs, so that a run whose last step cannot run is refused before its first one does.
   *
   * @throws SluiceError with fault `user` when no job of the task can ever run as it is: a missing script
   */
  check(task: JobTask): Promise<void>;
  /**
   * Starts a job. The same `idempotencyKey` twice is one job: the second call returns the first one's handle.
   *
   * @throws SluiceError with fault `user` when the task can never run as it is (a missing script, an empty
   *   channel, an invalid hyperparameter), with fault `system` when trying again may help.
   */
  submit(invocation: TaskInvocation, options: SubmitOptions): Promise<JobHandle>;
  status(handle: JobHandle): Promise<JobStatus>;
  /** The status now and after each change; ends after a terminal phase. */
  watch(handle: JobHandle, options?: { readonly signal?: AbortSignal }): AsyncIterable<JobStatus>;
  /** Asks the job to stop, and resolves once it has ended. Idempotent; a job that has ended stays as it is. */
  cancel(handle: JobHandle): Promise<void>;
  /** Log lines from the beginning; with `follow`, until the job ends. */
  logs(
    handle: JobHandle,
    options?: { readonly follow?: boolean; readonly signal?: AbortSignal },
  ): AsyncIterable<LogLine>;
  /** Frees what the platform holds; jobs that still run are stopped. */
  close(): Promise<void>;
}

/** What a platform can do. */
export interface PlatformCapabilities {
  readonly jobTypes: readonly JobTask['type'][];
  readonly spot: boolean;
  readonly gpu: boolean;
  /** `push`: watch reports at once. `poll`: watch asks every few seconds. */
  readonly updates: 'push' | 'poll';
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
}

export interface SubmitOptions {
  readonly idempotencyKey: string;
  readonly signal?: AbortSignal;
}

/** Names a job anywhere, any time later. Plain JSON. */
export interface JobHandle {
  readonly platform: string;
  readonly jobType: JobTask['type'];
  readonly jobName: string;
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
  /** By output name, as the task's interface declares them; complete once succeeded; once stopped, what there is. */
  readonly outputs: Readonly<Record<string, Json>>;
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

/** One line of a job's log. */
export interface LogLine {
  readonly timestamp: Date;
  /** The log stream, `algo-1`. */
  readonly stream: string;
  readonly message: string;
  /** The step of a progress bar that the next line took the place of. @default false */
  readonly overwritten?: boolean;
}
