import { closeSync, fstatSync, readSync } from 'node:fs';
import { openBelow, splitPlace, type TreePlace } from './open-below.ts';

/** The first bytes of a regular file in a tree; undefined where there is none, or a link is on the way. */
export function readBelow(place: TreePlace, maxBytes: number): Buffer | undefined {
  const { parent, name } = splitPlace(place);
  const fd = openFileBelow(parent, name);
  if (fd === undefined) return undefined;
  try {
    const bytes = Buffer.alloc(Math.min(maxBytes, fstatSync(fd).size));
    let filled = 0;
    for (let read = -1; read !== 0 && filled < bytes.length; filled += read)
      read = readSync(fd, bytes, filled, bytes.length - filled, filled);
    return bytes.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
}

function openFileBelow(parent: TreePlace, name: string): number | undefined {
  try {
    using directory = openBelow(parent);
    return directory?.openFile(name);
  } catch {
    // It cannot be read, or a link is on the way: for the host side it is not there.
    return undefined;
  }
}
