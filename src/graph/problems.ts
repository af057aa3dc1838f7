import type { Task } from './types.ts';

/** Takes one problem. @throws {@link EnoughProblems}, to be passed on */
export type Report = (problem: string) => void;

/** Further problems are not looked for: to word each takes a while, a hostile graph has a million, and nobody reads them. */
export class EnoughProblems extends Error {}

/** What names of workflows, tasks and nodes are made of, for messages. */
export const NAME_RULE =
  "expected at most 63 letters, digits and '-', beginning and ending with a letter or digit";

const NAME = /^[a-zA-Z0-9](?:-*[a-zA-Z0-9])*$/;

/** Whether a workflow, task or node may be called so. */
export function isGraphName(name: string): boolean {
  return name.length <= 63 && NAME.test(name);
}

/** Where a task is defined, ` (path:line)`, or nothing where that is not known. */
export function place(task: Task | undefined): string {
  return task?.file === undefined ? '' : ` (${task.file})`;
}
