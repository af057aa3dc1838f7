import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HomePaths } from '../../core/home.ts';

/** Where what the functions of a run have printed is kept: a file for each step. */
export function functionLogDirectory({ jobs }: HomePaths, run: string): string {
  return join(jobs, 'function', run, 'logs');
}

/** Keeps a line that a function of a run has printed. Never fails: a full disk must not fail the function. */
export function keepFunctionLine(paths: HomePaths, run: string, node: string, line: string): void {
  const directory = functionLogDirectory(paths, run);
  try {
    if (!existsSync(directory)) mkdirSync(directory, { recursive: true, mode: 0o700 });
    appendFileSync(join(directory, `${node}.log`), `${new Date().toISOString()} ${line}\n`, { mode: 0o600 });
  } catch {
    // It was shown.
  }
}
