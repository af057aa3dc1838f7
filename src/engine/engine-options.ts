import type { Account } from '../core/account.ts';
import type { FailurePolicy, Json, WorkflowGraph } from '../graph/index.ts';
import type { Platform } from '../platforms/index.ts';
import type { RunPlan } from '../platforms/router/index.ts';
import type { Database, RunDoor, RunKey } from '../state/index.ts';
import type { BundleFinder } from './code-difference.ts';
import type { Concurrency } from './concurrency.ts';
import type { QueuedRun } from './queued-run.ts';
import type { Caps } from './run-budget.ts';
import type { TaskFunction } from './run-function.ts';
import type { RunHandle } from './run-handle.ts';
import type { SharedPlaces } from './shared-places.ts';

/** Says where the steps of a run go; undefined where there is no choice. @throws SluiceError why it must not begin */
export type Planner = (
  graph: WorkflowGraph,
  inputs: Readonly<Record<string, Json>>,
) => Promise<RunPlan | undefined>;

/** What an engine works with. */
export interface EngineOptions {
  readonly state: Database;
  /** By name; a task that names none runs on `local`. */
  readonly platforms: Readonly<Record<string, Platform>>;
  /** Whose default bucket outputs go to. @default account 123456789012 in us-east-1 */
  readonly account?: Account;
  /** Finds the files of bundles, to tell what has changed. @default bundles are told apart by their digests alone */
  readonly bundles?: BundleFinder | undefined;
  /** Plans runs that come without a plan. @default tasks run where they say, else on `local` */
  readonly planner?: Planner | undefined;
  /** What runs that were planned may spend. @default whatever their jobs cost */
  readonly caps?: Caps | undefined;
  /** A job that has waited so long for room goes on to its next place, milliseconds. @default 1800000 */
  readonly maxQueueMs?: number | undefined;
  /** @default () => new Date() */
  readonly clock?: () => Date;
}

/** How a run is carried out; the same for a new one and a resumed one. */
export interface CarryOutOptions {
  /** The functions of function tasks, by task name. @default {} */
  readonly functions?: Readonly<Record<string, TaskFunction>>;
  /** Nodes at once. @default as many jobs as the machine has cores, and 100 functions */
  readonly concurrency?: number | Concurrency;
  /** Places that it shares with other runs: see {@link SharedPlaces}. @default its own limits alone */
  readonly places?: SharedPlaces | undefined;
  /**
   * By which door the run is carried on: a server may take over what a server has left. What a server cannot write for
   * now it leaves as it is: the run's result is in phase Running then, with the error. @default a command line
   */
  readonly door?: RunDoor | undefined;
  /** Cancels the run when it is aborted. */
  readonly signal?: AbortSignal;
}

/** A run to begin. */
export interface StartRunOptions extends CarryOutOptions {
  readonly graph: WorkflowGraph;
  /**
   * Absolute path of the file that the graph comes from: relative places of data start at its directory, and the run is
   * resumed from it. @default the graph's own, where that is absolute; else such places are refused
   */
  readonly file?: string | undefined;
  /** Absolute path of the directory that relative places of data start at. @default that of `file` */
  readonly directory?: string | undefined;
  /** Workflow inputs. @default {} */
  readonly inputs?: Readonly<Record<string, Json>>;
  /** @default the workflow's own, else 'FAIL_IMMEDIATELY' */
  readonly failurePolicy?: FailurePolicy | undefined;
  /** The run comes from elsewhere: its jobs get no data of this machine's files (`file://…`). @default false */
  readonly remote?: boolean;
  /** The registered version of the workflow. */
  readonly version?: string | undefined;
  /** Where its steps go. @default what the engine's planner says */
  readonly plan?: RunPlan | undefined;
  /** The same key twice is one run. */
  readonly key?: RunKey | undefined;
  /** Unique, of at most 63 characters, valid in the names of jobs. @default made of the workflow's name, the time and chance */
  readonly id?: string | undefined;
}

/** A run to carry on. */
export interface ResumeRunOptions extends CarryOutOptions {
  /** The workflow as its file has it now. Absent: the graph that was recorded. */
  readonly graph?: WorkflowGraph;
  /** Absolute path of the file that `graph` comes from. @default the one that was recorded */
  readonly file?: string | undefined;
  /** The run is this process's, which has left it: see {@link CarryOutOptions.door}. @default false */
  readonly left?: boolean;
  /** Take the recorded graph though `graph` differs from it. @default false */
  readonly useRecordedGraph?: boolean;
  /** Take the code that tasks have now though some of them have succeeded with other code. @default false */
  readonly useCurrentCode?: boolean;
}

/** Runs graphs. */
export interface Engine {
  /**
   * Begins a run. Resolves once it is committed.
   *
   * @throws SluiceError `InvalidArgument` for unknown, missing or wrong inputs, unknown platforms and missing
   *   functions; `GraphInvalid`; `RunKeyTaken` where another run has its key
   */
  run(options: StartRunOptions): Promise<RunHandle>;
  /**
   * Carries a run on that has failed, was cancelled, or whose process has died: what succeeded is not repeated.
   *
   * @throws SluiceError `RunNotFound`, `RunActive` while its owner lives, `GraphChanged`
   */
  resume(runId: string, options?: ResumeRunOptions): Promise<RunHandle>;
  /** {@link run}, but a run that finds no room among its `places` waits: it is begun, and held by next to nothing. */
  admit(options: StartRunOptions & Shared): Promise<RunHandle | QueuedRun>;
  /** {@link resume} in the same way: a run of which nothing was begun may wait. */
  takeUp(runId: string, options: ResumeRunOptions & Shared): Promise<RunHandle | QueuedRun>;
  /**
   * Starts a run that has waited.
   *
   * @param reserved the lane of a place that was taken for it: the run gives it back. Absent: it waits for one by itself
   */
  startQueued(
    run: QueuedRun,
    reserved: string | undefined,
    options: ResumeRunOptions & Shared,
  ): Promise<RunHandle>;
}

/** With which other runs it shares places. */
interface Shared {
  readonly places: SharedPlaces;
}

/** {@link EngineOptions} with its defaults. @internal */
export type EngineContext = Required<Omit<EngineOptions, 'bundles' | 'planner' | 'caps'>> &
  Pick<EngineOptions, 'bundles' | 'planner' | 'caps'> & { readonly maxQueueMs: number };
