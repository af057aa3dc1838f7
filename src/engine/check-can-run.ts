import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { JobTask, Task, WorkflowGraph } from '../graph/index.ts';
import type { Platform } from '../platforms/index.ts';
import { isPlatformName } from '../platforms/router/index.ts';
import { namedPlatform } from './platform-of.ts';
import { NO_ROUTES, type Routes, taskAt } from './routes.ts';
import type { TaskFunction } from './run-function.ts';

/** A graph that is to be run, and what with. */
export interface CanRunOptions {
  readonly graph: WorkflowGraph;
  readonly platforms: Readonly<Record<string, Platform>>;
  readonly functions: Readonly<Record<string, TaskFunction>>;
  /** The positions of the nodes that have succeeded already: what they ran may be gone. @default none */
  readonly done?: ReadonlySet<number>;
  /** Where nodes go, where that was chosen. @default as their tasks say */
  readonly routes?: Routes;
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
  routes = NO_ROUTES,
}: CanRunOptions): Promise<void> {
  const placed = placedTasks(graph, routes, new Set());
  for (const task of Object.values(graph.tasks)) {
    const problem =
      task.type === 'function' ? functionProblem(task, functions) : platformProblems(task, placed, platforms);
    if (problem) throw new SluiceError('InvalidArgument', `Task '${task.name}'${placeOf(task)}: ${problem}`);
  }
  for (const tasks of placedTasks(graph, routes, done).values()) {
    for (const task of tasks.values()) await checkJob(task, platforms);
  }
}

/** By task, the ways in which it will be submitted first, by platform. */
type PlacedTasks = ReadonlyMap<string, ReadonlyMap<string, JobTask>>;

function placedTasks(graph: WorkflowGraph, routes: Routes, done: ReadonlySet<number>): PlacedTasks {
  const placed = new Map<string, Map<string, JobTask>>();
  graph.nodes.forEach((node, position) => {
    const task = graph.tasks[node.task];
    if (done.has(position) || !task || task.type === 'function') return;
    const place = routes.get(node.id)?.[0];
    const ways = placed.get(node.task) ?? new Map<string, JobTask>();
    placed.set(node.task, ways);
    const platform = place?.platform ?? namedPlatform(task);
    if (!ways.has(platform)) ways.set(platform, taskAt(task, place));
  });
  return placed;
}

/** Why there is no such platform in this home. */
function absence(name: string): string {
  if (!isPlatformName(name)) return `there is no platform '${name}'.`;
  return `the platform '${name}' is not enabled: give it settings, \`platforms: { ${name}: … }\` in sluice.yaml.`;
}

function platformProblems(
  task: JobTask,
  placed: PlacedTasks,
  platforms: Readonly<Record<string, Platform>>,
): string | undefined {
  const ways = placed.get(task.name)?.values() ?? [task];
  return [...ways].map((way) => platformProblem(way, platforms)).find((problem) => problem !== undefined);
}

async function checkJob(task: JobTask, platforms: Readonly<Record<string, Platform>>): Promise<void> {
  try {
    await platforms[namedPlatform(task)]?.check(task);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const { code, message, hint } = error;
    const named = `Task '${task.name}'`;
    const where = `${named}${placeOf(task)}`;
    const told = message.startsWith(named) ? message.slice(named.length) : `: ${message}`;
    throw new SluiceError(code, `${where}${told}`, {
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

function platformProblem(task: JobTask, platforms: Readonly<Record<string, Platform>>): string | undefined {
  const name = namedPlatform(task);
  const platform = Object.hasOwn(platforms, name) ? platforms[name] : undefined;
  if (!platform) return `${absence(name)} ${suggest(name, Object.keys(platforms))}`;
  if (platform.capabilities.jobTypes.includes(task.type)) return undefined;
  return `the platform '${name}' cannot run ${task.type} jobs; it can run ${platform.capabilities.jobTypes.join(', ')}.`;
}
