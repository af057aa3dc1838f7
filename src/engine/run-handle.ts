import type { Json, Task } from '../graph/index.ts';
import type { JobHandle, JobStatus } from '../platforms/index.ts';
import type { NodeDetail, NodePhase, RunFailure, RunPhase } from '../state/index.ts';

/** A run under way, in this process. */
export interface RunHandle {
  readonly id: string;
  /**
   * What happens, as it happens. Nothing is missed by who begins to read before awaiting anything else; nothing is
   * kept for who does not read. Ends with the run.
   */
  readonly events: AsyncIterable<RunEvent>;
  /** How the run ended: one shape for success and failure. Never rejects. */
  readonly done: Promise<RunResult>;
  /** It was begun before, and taken up again by this process: a job of it may begin anew. @default false */
  readonly resumed?: boolean;
  /** What is worth telling of how it was taken up again, a sentence each. @default none */
  readonly notes?: readonly string[];
  /** The state of every node now, in the graph's order. */
  nodes(): NodeResult[];
  /** Stops what runs, and resolves once the run has ended as Aborted. Idempotent; a run that has ended stays as it is. */
  cancel(): Promise<RunResult>;
  /** Lets go of the run as it is: it stays Running for whoever resumes it, and its jobs go on. */
  detach(): void;
}

/** Something that happened in a run. Times are dates. */
export type RunEvent =
  | { readonly type: 'run'; readonly phase: RunPhase; readonly time: Date; readonly error?: RunFailure }
  /** A node came into another phase; it was committed before. */
  | { readonly type: 'node'; readonly time: Date; readonly node: NodeResult }
  /** A node's job was submitted; its handle was committed before. */
  | { readonly type: 'submitted'; readonly time: Date; readonly node: string; readonly job: JobHandle }
  /** A node's job tells of its progress. */
  | { readonly type: 'job'; readonly time: Date; readonly node: string; readonly status: JobStatus };

/** How a run ended. */
export interface RunResult {
  readonly id: string;
  readonly workflow: string;
  readonly phase: RunPhase;
  /** Complete once succeeded. */
  readonly outputs: Readonly<Record<string, Json>>;
  readonly error?: RunFailure;
  readonly nodes: readonly NodeResult[];
}

/** One node of a run. */
export interface NodeResult {
  readonly id: string;
  readonly task: string;
  readonly taskType: Task['type'];
  readonly phase: NodePhase;
  /** From 1; 0 when it has not started. */
  readonly attempt: number;
  readonly job?: JobHandle;
  readonly outputs?: Readonly<Record<string, Json>>;
  readonly error?: RunFailure;
  readonly detail?: NodeDetail;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
}
