import type { Task, WorkflowGraph } from './types.ts';

/** The task of this name; a name that every object answers to, as `constructor`, is none. */
export function taskOf({ tasks }: Pick<WorkflowGraph, 'tasks'>, name: string): Task | undefined {
  return Object.hasOwn(tasks, name) ? tasks[name] : undefined;
}
