import { availableParallelism } from 'node:os';
import type { Bundles } from '../../bundles/index.ts';
import { Limiter } from '../../core/limiter.ts';
import type { FunctionContext, TaskFunction } from '../../engine/index.ts';
import type { Executor } from '../../executors/index.ts';
import type { FunctionTask, Json, WorkflowGraph } from '../../graph/index.ts';
import { runIsolated } from './run-isolated.ts';

/** What functions run with. */
export interface IsolatedFunctionsOptions {
  readonly graph: WorkflowGraph;
  readonly bundles: Bundles;
  readonly executor: Executor;
  /** Absolute path of a directory of the home in which each call has one of its own while it runs. */
  readonly directory: string;
  /** Takes a line that a function has printed. */
  readonly onLine?: ((run: string, node: string, line: string) => void) | undefined;
  /** How many run at once. @default the number of cores: each is a process */
  readonly atOnce?: number;
}

/**
 * The functions of a graph, each to be run in a process of its own, in the sandbox where the executor has one: nothing of
 * their code is loaded here. Functions without code are left out.
 */
export function isolatedFunctions(options: IsolatedFunctionsOptions): Record<string, TaskFunction> {
  const limiter = new Limiter(options.atOnce ?? availableParallelism());
  const tasks = Object.values(options.graph.tasks).filter(
    (task): task is FunctionTask => task.type === 'function' && task.code !== undefined,
  );
  return Object.fromEntries(
    tasks.map((task) => [
      task.name,
      (inputs: Readonly<Record<string, Json>>, context: FunctionContext) =>
        limiter.run(() => runIsolated(options, task, inputs, context)),
    ]),
  );
}
