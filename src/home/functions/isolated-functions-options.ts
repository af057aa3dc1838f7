import type { Bundles } from '../../bundles/index.ts';
import type { Limiter } from '../../core/limiter.ts';
import type { Executor } from '../../executors/index.ts';
import type { WorkflowGraph } from '../../graph/index.ts';

/** What functions run with. */
export interface IsolatedFunctionsOptions {
  readonly graph: WorkflowGraph;
  readonly bundles: Bundles;
  readonly executor: Executor;
  /** Absolute path of a directory of the home in which each call has one of its own while it runs. */
  readonly directory: string;
  /** Takes a line that a function has printed. */
  readonly onLine?: ((run: string, node: string, line: string) => void) | undefined;
  /** The places that all functions of the home share: each that runs is a process. */
  readonly places: Limiter;
}
