import type { FailurePolicy, Json, WorkflowGraph } from '../graph/index.ts';
import type { Lease, NodeRecord } from '../state/index.ts';
import type { NodeLimits } from './concurrency.ts';
import type { EngineContext } from './engine-options.ts';
import type { Routes } from './routes.ts';
import type { PriceOf } from './run-budget.ts';
import type { TaskFunction } from './run-function.ts';
import type { SharedPlaces } from './shared-places.ts';

/** All that carrying out a run needs. */
export interface RunLoopOptions {
  readonly context: EngineContext;
  readonly id: string;
  /** By what the run is held: every commit carries it. */
  readonly lease: Lease;
  readonly graph: WorkflowGraph;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly functions: Readonly<Record<string, TaskFunction>>;
  readonly concurrency: NodeLimits;
  readonly failurePolicy: FailurePolicy;
  /** It came from elsewhere: no job gets data of this machine's files. */
  readonly remote: boolean;
  /** Where its state cannot be written for now it is left as it is: whoever has begun it carries it on later. */
  readonly leavesWhenUnwritable: boolean;
  /** Places that it shares with other runs of this process. */
  readonly places: SharedPlaces | undefined;
  /** The lane of one of these places that it has got already. */
  readonly reserved?: string | undefined;
  /** Where its jobs go. */
  readonly routes: Routes;
  /** What places cost, where the run may not spend more than its caps. */
  readonly prices?: PriceOf | undefined;
  /** What an earlier process has come to. */
  readonly recorded: readonly NodeRecord[];
}
