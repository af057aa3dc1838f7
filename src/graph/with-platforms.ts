import { taskOf } from './task-of.ts';
import type { Task, WorkflowGraph } from './types.ts';

/** A graph whose jobs all run on one platform, whatever their tasks say. Pure. */
export function withPlatform(graph: WorkflowGraph, platform: string): WorkflowGraph {
  return mapTasks(graph, (task) => (task.type === 'function' ? task : { ...task, platform }));
}

/** A graph whose tasks that name no platform have the one of the same task of another graph. Pure. */
export function withPlatformsOf(graph: WorkflowGraph, other: WorkflowGraph): WorkflowGraph {
  return mapTasks(graph, (task) => {
    const recorded = taskOf(other, task.name);
    if (task.type === 'function' || task.platform !== undefined) return task;
    if (!recorded || recorded.type === 'function' || recorded.platform === undefined) return task;
    return { ...task, platform: recorded.platform };
  });
}

function mapTasks(graph: WorkflowGraph, map: (task: Task) => Task): WorkflowGraph {
  const tasks = Object.entries(graph.tasks).map(([name, task]) => [name, map(task)] as const);
  return { ...graph, tasks: Object.fromEntries(tasks) };
}
