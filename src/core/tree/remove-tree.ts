import { basename, dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { systemErrorCode } from '../errors.ts';
import { openBelow, splitPlace, type TreePlace } from './open-below.ts';
import type { TreeDirectory } from './tree-directory.ts';

/** A directory that lies deeper is moved up first: neither descriptors nor stack grow with what a job has nested. */
const DEEPEST = 48;
/** Names that are removed before other work has its turn. */
const AT_ONCE = 256;
/** How often a directory is emptied that somebody still fills. */
const ATTEMPTS = 4;

/**
 * Removes a directory, a file or a link, and all that is in it, whatever a job has made of it: follows no link, enters no
 * other file system, and takes nested directories however deep, and those that the job has closed. Absent is well.
 *
 * @param place a place in a tree; or a path, absolute, where the directory that it is in is trusted
 */
export async function removeTree(place: TreePlace | string): Promise<void> {
  const inTree = typeof place === 'string' ? { root: dirname(place), path: basename(place) } : place;
  const { parent, name } = splitPlace(inTree);
  using top = openBelow(parent);
  if (top) await new TreeRemoval(top).remove(name);
}

class TreeRemoval {
  readonly #top: TreeDirectory;
  /** In the top, what was too deep where it lay. */
  readonly #moved: string[] = [];
  #count = 0;

  constructor(top: TreeDirectory) {
    this.#top = top;
  }

  async remove(name: string): Promise<void> {
    await this.#removeName(this.#top, name, 0);
    for (let next = this.#moved.pop(); next !== undefined; next = this.#moved.pop())
      await this.#removeName(this.#top, next, 0);
  }

  async #removeName(parent: TreeDirectory, name: string, depth: number): Promise<void> {
    if (++this.#count % AT_ONCE === 0) await turn();
    if (!parent.stat(name)?.isDirectory()) return parent.unlink(name);
    if (depth >= DEEPEST) return this.#moveUp(parent, name);
    for (let attempt = 1; ; attempt++) {
      await this.#empty(parent, name, depth);
      try {
        return parent.removeDirectory(name);
      } catch (error) {
        if (systemErrorCode(error) !== 'ENOTEMPTY' || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #empty(parent: TreeDirectory, name: string, depth: number): Promise<void> {
    using directory = parent.directory(name);
    if (!directory) return;
    // A directory that the job has closed to itself; root is not kept out.
    if ((directory.stats().mode & 0o700) !== 0o700) directory.chmod(0o700);
    for (const entry of directory.entries()) await this.#removeName(directory, entry.name, depth + 1);
  }

  #moveUp(parent: TreeDirectory, name: string): void {
    // Its own mode counts too: the name of the directory above is in it.
    using directory = parent.directory(name);
    directory?.chmod(0o700);
    const moved = `.removed-${process.pid}-${Date.now()}-${this.#moved.length}-${this.#count}`;
    parent.rename(name, this.#top, moved);
    this.#moved.push(moved);
  }
}
