import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { Task, WorkflowGraph } from '../graph/index.ts';
import type { Platform } from '../platforms/index.ts';
import type { TaskFunction } from './run-function.ts';

/** The platform of tasks that name none. */
export const DEFAULT_PLATFORM = 'local';

/**
 * Checks that every task has what it runs on.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function checkCanRun(
  graph: WorkflowGraph,
  platforms: Readonly<Record<string, Platform>>,
  functions: Readonly<Record<string, TaskFunction>>,
): void {
  for (const task of Object.values(graph.tasks)) {
    const place = task.file === undefined ? '' : ` (${task.file})`;
    const problem =
      task.type === 'function' ? functionProblem(task, functions) : platformProblem(task, platforms);
    if (problem) throw new SluiceError('InvalidArgument', `Task '${task.name}'${place}: ${problem}`);
  }
}

function functionProblem(task: Task, functions: Readonly<Record<string, TaskFunction>>): string | undefined {
  if (typeof functions[task.name] === 'function') return undefined;
  return 'its function was not given: it is not part of the graph, only of the workflow file.';
}

function platformProblem(
  task: Exclude<Task, { type: 'function' }>,
  platforms: Readonly<Record<string, Platform>>,
): string | undefined {
  const name = task.platform ?? DEFAULT_PLATFORM;
  const platform = Object.hasOwn(platforms, name) ? platforms[name] : undefined;
  if (!platform) return `there is no platform '${name}'. ${suggest(name, Object.keys(platforms))}`;
  if (platform.capabilities.jobTypes.includes(task.type)) return undefined;
  return `the platform '${name}' cannot run ${task.type} jobs; it can run ${platform.capabilities.jobTypes.join(', ')}.`;
}
