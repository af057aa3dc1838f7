import { type TreePlace, withDirectory } from '../../core/tree/index.ts';

/**
 * Removes the FIFOs in a directory that a process has left which was killed: whoever opens one waits for ever. A
 * directory that a link leads to is left alone.
 */
export async function removeLeftoverFifos({ root, path }: TreePlace): Promise<void> {
  const names = namesIn({ root, path });
  if (names.length === 0) return;
  const { removeFifo } = await import('./fifo.ts');
  for (const name of names) removeFifo({ root, path: `${path}/${name}` });
}

function namesIn(place: TreePlace): string[] {
  try {
    const entries = withDirectory(place, (directory) => [...directory.entries()]) ?? [];
    return entries.flatMap(({ name, kind }) => (kind === 'fifo' ? [name] : []));
  } catch {
    // A link or a file is in its place, or it is gone meanwhile.
    return [];
  }
}
