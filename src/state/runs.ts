import type { FailurePolicy, Json } from '../graph/index.ts';
import type { Lease } from './lease.ts';

/** Flyte's phases of an execution. Terminal: Succeeded, Failed, Aborted. */
export type RunPhase = 'Running' | 'Succeeded' | 'Failed' | 'Aborted';

/** Flyte's phases of a node. Terminal: Succeeded, Failed, TimedOut, Aborted. */
export type NodePhase =
  | 'NotYetStarted'
  | 'Running'
  | 'RetryableFailure'
  | 'Succeeded'
  | 'Failed'
  | 'TimedOut'
  | 'Aborted';

/** Why a run, node or job failed; plain JSON. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly fault: 'user' | 'system';
  /** The node that failed, for runs. */
  readonly node?: string;
  /** The last lines of the job's log. */
  readonly logTail?: readonly string[];
}

/** Names a node's job on its platform, as submit has answered it; plain JSON. */
export interface NodeJob {
  readonly platform: string;
  readonly jobType: string;
  readonly jobName: string;
  readonly ref?: string;
}

/** What a node's job said of itself at its end. */
export interface NodeDetail {
  readonly metrics?: Readonly<Record<string, number>>;
  readonly billableSeconds?: number;
  /** Where it lies what its job has saved that did not succeed, by name. */
  readonly saved?: Readonly<Record<string, string>>;
  /** On machines that can be taken away: from the job's start to its end, of one instance. Seconds. */
  readonly ranSeconds?: number;
  /** Which of the places of its plan it has come to, from 0. @default 0 */
  readonly place?: number;
  /** Why it has left the places before, one sentence each. @default [] */
  readonly moved?: readonly string[];
  /** What its earlier attempts were billed, the oldest first. @default [] */
  readonly spent?: readonly SpentAttempt[];
  /** What its cap lets its attempt take at most, where that is less than its task says. Seconds. */
  readonly mostSeconds?: number;
}

/** An attempt that a node has made before its last one. */
export interface SpentAttempt {
  readonly platform: string;
  /** As of {@link NodeDetail}. */
  readonly place?: number;
  readonly billableSeconds: number;
  readonly ranSeconds?: number;
}

/** How a run is carried out. */
export interface RunOptions {
  readonly failurePolicy: FailurePolicy;
  /** It came from elsewhere: places of this machine (`file://…`) are not for its jobs. @default false */
  readonly remote?: boolean;
  /** The registered version of the workflow that it is a run of. */
  readonly version?: string;
}

/** A run as it is kept. Times are milliseconds since 1970. */
export interface RunRecord {
  readonly id: string;
  /** The workflow's name. */
  readonly workflow: string;
  /** The file that defines the workflow. */
  readonly file?: string;
  readonly phase: RunPhase;
  /** Of the graph, without places in files. */
  readonly graphHash: string;
  readonly nodeCount: number;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly options: RunOptions;
  /** Complete once succeeded. */
  readonly outputs?: Readonly<Record<string, Json>>;
  readonly error?: RunFailure;
  /** Whose it is; absent once it has ended. A run whose worker is away or gone can be resumed. */
  readonly lease?: Lease;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly endedAt?: number;
}

/** A node that has left NotYetStarted. */
export interface NodeRecord {
  /** Its position in the graph. */
  readonly position: number;
  readonly phase: NodePhase;
  /** From 1; goes on over resumes. */
  readonly attempt: number;
  readonly systemFailures: number;
  readonly job?: NodeJob;
  readonly outputs?: Readonly<Record<string, Json>>;
  readonly error?: RunFailure;
  readonly detail?: NodeDetail;
  readonly startedAt?: number;
  readonly endedAt?: number;
}
