import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * The path of a program that is found through PATH; its bare name where there is none. A process that is given a path
 * need not look for it itself in every directory, which it would do once it is half made.
 */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string {
  for (const directory of path.split(delimiter)) {
    const candidate = join(directory, name);
    if (isAbsolute(directory) && isExecutableFile(candidate)) return candidate;
  }
  return name;
}

/** Whether this process may run a file. */
export function isExecutableFile(path: string): boolean {
  try {
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
