import { lstatSync, mkdirSync, realpathSync, rmdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { Mount } from '../contract/mount.ts';
import { relativeToMl } from '../contract/paths.ts';
import { SluiceError } from '../core/errors.ts';

/**
 * Makes the places in the job's directory on which mounts under `/opt/ml` will lie, and returns what removes them
 * again. bubblewrap would make them itself, but leave them behind, where they look like output of the job.
 *
 * @throws SluiceError `InvalidArgument` when a mount's source does not exist.
 */
export function createMountPoints(mlDirectory: string, mounts: readonly Mount[]): () => void {
  const created: { readonly path: string; readonly directory: boolean }[] = [];
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
    for (const { path, directory } of created.reverse()) removePlace(mlDirectory, path, directory);
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

function createPlace(root: string, parts: readonly string[], directory: boolean) {
  const created: { path: string; directory: boolean }[] = [];
  let path = root;
  for (const [index, part] of parts.entries()) {
    path = join(path, part);
    if (lstatSync(path, { throwIfNoEntry: false })) continue;
    const isFile = index === parts.length - 1 && !directory;
    if (isFile) writeFileSync(path, '', { flag: 'wx' });
    else mkdirSync(path);
    created.push({ path, directory: !isFile });
  }
  return created;
}

/** Removes a place that is still as it was made: an empty directory or file, inside the job's directory. */
function removePlace(root: string, path: string, directory: boolean): void {
  try {
    const parent = realpathSync(dirname(path)) + sep;
    if (!parent.startsWith(realpathSync(root) + sep)) return;
    const stats = lstatSync(path);
    if (directory) rmdirSync(path);
    else if (stats.isFile() && stats.size === 0) unlinkSync(path);
  } catch {
    // Not empty, or gone: the job has made it its own.
  }
}
