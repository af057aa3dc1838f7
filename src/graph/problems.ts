import type { Task } from './types.ts';

/** Takes one problem. @throws {@link EnoughProblems}, to be passed on */
export type Report = (problem: string) => void;

/** Further problems are not looked for: to word each takes a while, a hostile graph has a million, and nobody reads them. */
export class EnoughProblems extends Error {}

/** Where a task is defined, ` (path:line)`, or nothing where that is not known. */
export function place(task: Task | undefined): string {
  return task?.file === undefined ? '' : ` (${task.file})`;
}
