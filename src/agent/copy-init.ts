import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SluiceError } from '../core/errors.ts';

/** A static program that passes signals on to the one that it starts. */
const INIT = 'catatonit';

/**
 * Copies an init to a volume that the user's container has, too: a program that is process 1 of a container and handles no
 * SIGTERM would otherwise not hear that it is to end.
 *
 * @param path - Where programs are looked for: `PATH`
 * @throws SluiceError `ExecutorUnavailable` where the agent's image has none
 */
export function copyInit(file: string, path: string): void {
  const source = path
    .split(delimiter)
    .map((directory) => join(directory, INIT))
    .find((place) => existsSync(place));
  if (source === undefined)
    throw new SluiceError('ExecutorUnavailable', `The agent's image has no '${INIT}'.`, {
      hint: `Install ${INIT} in it.`,
    });
  copyFileSync(source, file);
  chmodSync(file, 0o755);
}
