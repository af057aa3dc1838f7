import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolveSluiceHere } from './resolve-sluice.ts';

/** Where a function of a workflow is found. */
export interface FunctionPlace {
  /** Absolute path of the directory of its code. */
  readonly code: string;
  /** The module that exports the workflow, a path in the code. */
  readonly entry: string;
  readonly workflow: string;
  readonly task: string;
}

/** Loads the module of a workflow and finds the function of one of its tasks. @throws what the module throws */
export async function loadFunction(place: FunctionPlace): Promise<(...given: unknown[]) => unknown> {
  const { code, entry, workflow, task } = place;
  resolveSluiceHere();
  const exported = (await import(pathToFileURL(join(code, entry)).href)) as Record<string, unknown>;
  for (const each of Object.values(exported) as { kind?: string; name?: string; functions?: object }[]) {
    if (each?.kind !== 'sluice.workflow' || each.name !== workflow) continue;
    const run = Object.entries(each.functions ?? {}).find(([name]) => name === task)?.[1] as unknown;
    if (typeof run === 'function') return run as (...given: unknown[]) => unknown;
  }
  throw new Error(`${entry} holds no function of task '${task}' of workflow '${workflow}'.`);
}

/** What a function has thrown: its message, and where in the code it was. */
export function describeThrown(error: unknown, code: string): string {
  if (!(error instanceof Error)) return String(error);
  if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND')
    return `${error.message.replaceAll(`${code}/`, '')} (packages are no part of a bundle)`;
  for (const line of (error.stack ?? '').split('\n')) {
    const [, place, at] = /\(?((?:file:\/\/)?\/[^()\s]+):(\d+):\d+\)?$/.exec(line) ?? [];
    const path = place?.startsWith('file:') ? fileURLToPath(place) : place;
    if (path?.startsWith(`${code}/`)) return `${error.message} (${path.slice(code.length + 1)}:${at})`;
  }
  return error.message;
}
