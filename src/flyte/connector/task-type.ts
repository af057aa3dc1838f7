import type { Json } from '../../graph/index.ts';
import type { Home } from '../../home/index.ts';
import type { RunKeeper, RunLimits } from '../../home/keep-runs/index.ts';
import type { Allowances } from './allowances.ts';
import type { FlyteTask } from './flyte-task.ts';
import type { LiteralMap, TaskLog, TaskPhase } from './messages.ts';
import type { RunProgress } from './runs/run-progress.ts';

/** How a task stands. */
export interface TaskState {
  readonly phase: TaskPhase;
  /** Why it has failed. Flyte shows it in no other phase. */
  readonly message?: string;
  /** By the names that the task declares. */
  readonly outputs?: Readonly<Record<string, Json>>;
  /** The outputs as a function has written them itself, in place of `outputs`. */
  readonly literals?: LiteralMap;
  /** What people follow: they change with the task's progress. */
  readonly links?: readonly TaskLog[];
  /** Progress, for programs. */
  readonly info?: { readonly [key: string]: Json };
}

/** What every task type works with. */
export interface ConnectorContext {
  readonly home: Home;
  readonly keeper: RunKeeper;
  readonly limits: RunLimits;
  /** What tasks may use: whoever names roles, buckets or operations asks it first. */
  readonly allowances: Allowances;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the jobs of runs have last said. */
  readonly progress: RunProgress;
  readonly clock: () => Date;
  readonly log: (message: string) => void;
}

/** One line of a task's log. */
export interface TaskLogLine {
  readonly timestamp: Date;
  readonly message: string;
  /** Where it ends: to go on after it. */
  readonly cursor: string;
}

/**
 * A task type whose tasks go on by themselves. What `create` answers finds the task again, from any replica: small JSON,
 * which Flyte keeps. None of the others is ever asked for what another type has made.
 *
 * To fail for good, throw a `SluiceError` of fault `user`: the task is FAILED with its message. Fault `system` is told to
 * Flyte as an error, which has `create` count as a retry, and leaves a task as it was last seen in `get`.
 */
export interface AsyncTaskType {
  /** Begins it. The same attempt twice is one task. Answers within some seconds. */
  create(task: FlyteTask, context: ConnectorContext): Promise<Json>;
  get(handle: Json, context: ConnectorContext): Promise<TaskState>;
  /** Ends it, and clears away what it has made. Idempotent: of one that has ended nothing is left to end. */
  delete(handle: Json, context: ConnectorContext): Promise<void>;
  /** Lines after the cursor, those that there are. @default none */
  logs?(handle: Json, context: ConnectorContext, cursor: string | undefined): AsyncIterable<TaskLogLine>;
  /** The last value of each metric. @default none */
  metrics?(handle: Json, context: ConnectorContext): Promise<Readonly<Record<string, number>>>;
}

/** A task type whose tasks are one short request. */
export interface SyncTaskType {
  /** Carries it out. @throws SluiceError of fault `user`: it is FAILED */
  execute(task: FlyteTask, context: ConnectorContext): Promise<TaskState>;
}

/** What serves the tasks of one type. */
export type TaskTypeHandler = AsyncTaskType | SyncTaskType;

/** Whether its tasks are one short request. */
export function isSync(handler: TaskTypeHandler): handler is SyncTaskType {
  return 'execute' in handler;
}
