import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Removes the FIFOs in a directory that a process has left which was killed: whoever opens one waits for ever.
 *
 * @param root absolute; a directory that a link leads out of it is left alone
 * @param path of the directory, in the root
 */
export async function removeLeftoverFifos(root: string, path: string): Promise<void> {
  const names = namesIn(root, path);
  if (names.length === 0) return;
  const { removeFifo } = await import('./fifo.ts');
  for (const name of names) removeFifo(join(root, path, name));
}

function namesIn(root: string, path: string): string[] {
  try {
    const real = realpathSync(join(root, path));
    if (real !== join(realpathSync(root), path)) return [];
    return readdirSync(real, { withFileTypes: true }).flatMap((entry) =>
      entry.isFIFO() ? [entry.name] : [],
    );
  } catch {
    // There is no such directory, or it is gone meanwhile.
    return [];
  }
}
