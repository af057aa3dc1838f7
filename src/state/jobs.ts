import type { StagedOutput } from '../core/staged-output.ts';
import type { Lease } from './lease.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** The three kinds of job that run to an end. */
export type JobType = 'training' | 'processing' | 'transform';

/** SageMaker's TrainingJobStatus, ProcessingJobStatus and TransformJobStatus: they have the same values. */
export type JobState = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped';

/** One entry of SecondaryStatusTransitions. Times are milliseconds since 1970. */
export interface StatusTransition {
  readonly status: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly message?: string;
}

/** Why a job is being stopped: someone asked, or MaxRuntimeInSeconds is over. */
export type StopReason = 'Stopped' | 'MaxRuntimeExceeded';

/** A job that failed, and the host that was the cause where it was one. */
export interface JobFailed {
  readonly status: 'Failed';
  readonly failureReason: string;
  readonly failedHost?: string;
}

/** How a job ended. */
export type JobOutcome =
  | { readonly status: 'Completed' }
  | JobFailed
  | { readonly status: 'Stopped'; readonly reason: StopReason };

/** What was decided of a job that has run: whoever holds it publishes these outputs, and then ends it so. */
export interface Publication {
  readonly outputs: readonly StagedOutput[];
  readonly outcome: JobOutcome;
}

/** What a job has come to so far, beside its status. Grows while the job runs. */
export interface JobProgress {
  readonly transitions: readonly StatusTransition[];
  readonly failureReason?: string;
  /** The host whose command was the cause. */
  readonly failedHost?: string;
  /** Processing: what the job left in `/opt/ml/output/message`. */
  readonly exitMessage?: string;
  /** Training: the last value of each metric. */
  readonly metrics?: readonly { readonly name: string; readonly value: number; readonly at: number }[];
  /** Training: S3 URI of the model artifacts. */
  readonly modelArtifacts?: string;
  /** Training: S3 URI of output.tar.gz, where there is one. */
  readonly outputArtifacts?: string;
  /** S3 URI of its logs, where other machines need them too. */
  readonly logs?: string;
  /** How often it was retried after an InternalServerError. @default 0 */
  readonly retries?: number;
  /** Once its outputs are staged, until it has ended. */
  readonly publication?: Publication | undefined;
  /** The processes that own the job's commands, so that they can be ended when their owner has died. */
  readonly processes?: readonly ProcessIdentity[];
}

/** A job as it is kept. `Request` is SageMaker's own request for the type. */
export interface JobRecord<Request = unknown> {
  readonly type: JobType;
  readonly name: string;
  readonly arn: string;
  readonly status: JobState;
  readonly secondaryStatus: string;
  /** All times: milliseconds since 1970. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
  readonly request: Request;
  readonly progress: JobProgress;
  /** Whose it is. */
  readonly lease: Lease;
  /** What who started it keeps with it, JSON. */
  readonly details?: unknown;
}

/** What lists show of a job. */
export type JobSummary = Omit<JobRecord, 'request' | 'progress' | 'details'>;

/** Whether a job has come to its end. */
export function isEnded(status: JobState): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Stopped';
}
