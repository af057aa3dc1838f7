import { TreeDirectory } from './tree-directory.ts';

/** A path in a tree: no link on the way to it is followed. */
export interface TreePlace {
  /** Absolute. It and what is above it are trusted, and may have links. */
  readonly root: string;
  /** Below the root, with slashes; empty for the root itself. */
  readonly path: string;
}

/**
 * Opens a directory in a tree.
 *
 * @returns undefined where it, or a directory on the way, does not exist
 * @throws SluiceError `InvalidArgument` where a link, or what is no directory, is on the way
 */
export function openBelow({ root, path }: TreePlace): TreeDirectory | undefined {
  return descend(TreeDirectory.open(root), path, (directory, name) => directory.directory(name));
}

/** As {@link openBelow}; makes the directories that do not exist. The root does. */
export function makeBelow({ root, path }: TreePlace): TreeDirectory {
  const made = descend(TreeDirectory.open(root), path, (directory, name) => directory.makeDirectory(name));
  if (made) return made;
  throw Object.assign(new Error(`ENOENT: no such directory, '${root}'`), { code: 'ENOENT' });
}

/** Does something with a directory in a tree, and closes it. @returns undefined where there is none */
export function withDirectory<T>(place: TreePlace, action: (directory: TreeDirectory) => T): T | undefined {
  using directory = openBelow(place);
  return directory && action(directory);
}

/** The place of a name, or of a path, in the directory at a place. */
export function placeIn({ root, path }: TreePlace, below: string): TreePlace {
  return { root, path: path === '' ? below : `${path}/${below}` };
}

/** The directory and the name of a place. */
export function splitPlace({ root, path }: TreePlace): { readonly parent: TreePlace; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return { parent: { root, path: path.slice(0, Math.max(0, slash)) }, name: path.slice(slash + 1) };
}

/** Closes each directory once the next one is open. */
function descend(
  start: TreeDirectory | undefined,
  path: string,
  next: (directory: TreeDirectory, name: string) => TreeDirectory | undefined,
): TreeDirectory | undefined {
  let directory = start;
  for (const name of path.split('/')) {
    if (name === '' || name === '.' || !directory) continue;
    using above = directory;
    directory = next(above, name);
  }
  return directory;
}
