import type { FunctionContext, TaskFunction } from '../../engine/index.ts';
import type { FunctionTask, Json } from '../../graph/index.ts';
import type { IsolatedFunctionsOptions } from './isolated-functions-options.ts';
import { runIsolated } from './run-isolated.ts';

/**
 * The functions of a graph, each to be run in a process of its own, in the sandbox where the executor has one: nothing of
 * their code is loaded here. Functions without code are left out.
 */
export function isolatedFunctions(options: IsolatedFunctionsOptions): Record<string, TaskFunction> {
  const tasks = Object.values(options.graph.tasks).filter(
    (task): task is FunctionTask => task.type === 'function' && task.code !== undefined,
  );
  return Object.fromEntries(
    tasks.map((task) => [
      task.name,
      (inputs: Readonly<Record<string, Json>>, context: FunctionContext) =>
        options.places.run(() => runIsolated(options, task, inputs, context)),
    ]),
  );
}
