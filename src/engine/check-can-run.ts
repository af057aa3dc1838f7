import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { Task, WorkflowGraph } from '../graph/index.ts';
import type { Platform } from '../platforms/index.ts';
import { DEFAULT_PLATFORM } from './platform-of.ts';
import type { TaskFunction } from './run-function.ts';

/** A graph that is to be run, and what with. */
export interface CanRunOptions {
  readonly graph: WorkflowGraph;
  readonly platforms: Readonly<Record<string, Platform>>;
  readonly functions: Readonly<Record<string, TaskFunction>>;
  /** The positions of the nodes that have succeeded already: what they ran may be gone. @default none */
  readonly done?: ReadonlySet<number>;
}

/**
 * Checks that every task has what it runs on, and that every job that is still to run can.
 *
 * @throws SluiceError `InvalidArgument`, and what a platform refuses a task with
 */
export async function checkCanRun({
  graph,
  platforms,
  functions,
  done = new Set(),
}: CanRunOptions): Promise<void> {
  for (const task of Object.values(graph.tasks)) {
    const problem =
      task.type === 'function' ? functionProblem(task, functions) : platformProblem(task, platforms);
    if (problem) throw new SluiceError('InvalidArgument', `Task '${task.name}'${placeOf(task)}: ${problem}`);
  }
  const ahead = new Set<string>();
  graph.nodes.forEach((node, position) => {
    if (!done.has(position)) ahead.add(node.task);
  });
  for (const name of ahead) {
    const task = graph.tasks[name];
    if (task && task.type !== 'function') await checkJob(task, platforms);
  }
}

async function checkJob(
  task: Exclude<Task, { type: 'function' }>,
  platforms: Readonly<Record<string, Platform>>,
): Promise<void> {
  try {
    await platforms[task.platform ?? DEFAULT_PLATFORM]?.check(task);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const { code, message, hint } = error;
    const where = `Task '${task.name}'${placeOf(task)}`;
    throw new SluiceError(code, `${where}: ${message}`, {
      cause: error,
      ...(hint !== undefined && { hint }),
    });
  }
}

/** Where it is defined. */
function placeOf({ file }: Task): string {
  return file === undefined ? '' : ` (${file})`;
}

function functionProblem(task: Task, functions: Readonly<Record<string, TaskFunction>>): string | undefined {
  if (typeof functions[task.name] === 'function') return undefined;
  return 'its function was not given, neither by a workflow file nor by code of the graph.';
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
