import { closeSync, statSync } from 'node:fs';
import type { Mount } from '../contract/mount.ts';
import { relativeToMl } from '../contract/paths.ts';
import { SluiceError } from '../core/errors.ts';
import { openBelow, splitPlace, type TreeDirectory, type TreePlace } from '../core/tree/index.ts';

/**
 * Makes the places in the job's directory on which mounts under `/opt/ml` will lie, and returns what removes them
 * again. bubblewrap would make them itself, but leave them behind, where they look like output of the job.
 *
 * @throws SluiceError `InvalidArgument` when a mount's source does not exist, or a link is on the way to its place.
 */
export function createMountPoints(mlDirectory: string, mounts: readonly Mount[]): () => void {
  const created: CreatedPlace[] = [];
  const covered: string[] = [];
  for (const mount of mounts) {
    const directory = isDirectory(mount);
    const relative = relativeToMl(mount.target);
    // What lies in an earlier mount is that mount's, not the job directory's.
    if (!relative || covered.some((target) => mount.target.startsWith(`${target}/`))) continue;
    created.push(...createPlace(mlDirectory, relative.split('/'), directory));
    covered.push(mount.target);
  }
  return () => {
    for (const { path, directory } of created.reverse()) removePlace({ root: mlDirectory, path }, directory);
  };
}

function isDirectory(mount: Mount): boolean {
  const stats = statSync(mount.source, { throwIfNoEntry: false });
  if (stats) return stats.isDirectory();
  throw new SluiceError(
    'InvalidArgument',
    `Mount ${mount.target}: its source ${mount.source} does not exist.`,
  );
}

interface CreatedPlace {
  /** Below the job's directory. */
  readonly path: string;
  readonly directory: boolean;
}

function createPlace(root: string, parts: readonly string[], directory: boolean): CreatedPlace[] {
  const created: CreatedPlace[] = [];
  for (const [index, name] of parts.entries()) {
    using parent = openBelow({ root, path: parts.slice(0, index).join('/') });
    const isFile = index === parts.length - 1 && !directory;
    if (!parent || isThere(parent, name, isFile)) continue;
    if (isFile) closeSync(parent.createFile(name));
    else parent.makeDirectory(name).close();
    created.push({ path: parts.slice(0, index + 1).join('/'), directory: !isFile });
  }
  return created;
}

/** What is mounted on a link is mounted where the link leads. */
function isThere(parent: TreeDirectory, name: string, isFile: boolean): boolean {
  const stats = parent.stat(name);
  if (!stats?.isSymbolicLink() || !isFile) return stats !== undefined;
  throw new SluiceError(
    'InvalidArgument',
    `Expected room for a mount at '${parent.path}/${name}', found a link.`,
  );
}

/** Removes a place that is still as it was made: an empty directory or file, inside the job's directory. */
function removePlace(place: TreePlace, directory: boolean): void {
  const { parent: above, name } = splitPlace(place);
  try {
    using parent = openBelow(above);
    const stats = parent?.stat(name);
    if (directory) parent?.removeDirectory(name);
    else if (stats?.isFile() && stats.size === 0) parent?.unlink(name);
  } catch {
    // Not empty, or gone: the job has made it its own.
  }
}
