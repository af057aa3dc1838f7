import { realpathSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type TreePlace, withDirectory } from '../../core/tree/index.ts';

/** Links that lead to each other end here, as in the system. */
const MOST_LINKS = 40;

/** Where a link leads: to a path below the directory, or elsewhere. */
export type LinkTarget = { readonly path: string } | 'outside' | 'nothing';

/** A directory whose links are looked at, and what it is called. */
export interface LinkScope {
  readonly place: TreePlace;
  /** Absolute paths that name the directory: in the job, and on this machine. */
  readonly names: readonly string[];
}

/** The names of a directory: where it is on this machine comes beside those that it has in the job. */
export function linkScope(place: TreePlace, names: readonly string[] = []): LinkScope {
  return { place, names: [...names, join(place.root, place.path), join(realPath(place.root), place.path)] };
}

/** A job that is a plain process may have asked for it. */
function realPath(root: string): string {
  try {
    return realpathSync(root);
  } catch {
    return root;
  }
}

/**
 * Where a link of a directory leads, whichever way it says so: by a path from where it lies, or by an absolute one under
 * any name of the directory. Links on the way are followed as the job sees them; the file system is never asked to.
 *
 * @param path of the link below the directory
 */
export function resolveLink(scope: LinkScope, path: string): LinkTarget {
  return new LinkWalk(scope).resolve(path);
}

/**
 * Where a link of an archive leads, by its text alone: what it leads to may not be there yet.
 *
 * @param path of the link in the archive
 */
export function linkTargetByText(
  { names }: Pick<LinkScope, 'names'>,
  path: string,
  says: string,
): LinkTarget {
  const base = names[0] as string;
  const from = says.startsWith('/') ? says : posix.join(base, posix.dirname(path), says);
  const full = posix.normalize(from).replace(/\/+$/, '');
  const name = names.find((each) => full === each || full.startsWith(`${each}/`));
  return name === undefined ? 'outside' : { path: full.slice(name.length + 1) };
}

/** The text of a link to a path of the same directory: one that means the same wherever the directory is. */
export function relativeLink(path: string, target: string): string {
  return posix.relative(posix.dirname(`/${path}`), `/${target}`) || '.';
}

class LinkWalk {
  readonly #scope: LinkScope;
  readonly #base: readonly string[];
  #links = 0;
  /** Absolute, as the job sees it. */
  #at: string[];

  constructor(scope: LinkScope) {
    this.#scope = scope;
    this.#base = componentsOf(scope.names[0] as string);
    this.#at = [...this.#base];
  }

  resolve(path: string): LinkTarget {
    const rest = componentsOf(path);
    for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
      if (name === '..') this.#at.pop();
      else this.#at.push(name);
      this.#rename();
      const step = this.#isInside() ? this.#look(rest.length === 0) : undefined;
      if (step === 'nothing') return step;
      if (step !== undefined) rest.unshift(...step);
    }
    return this.#isInside() ? { path: this.#inside().join('/') } : 'outside';
  }

  /** The components of the link that is here; undefined for what can be gone through. */
  #look(isLast: boolean): string[] | 'nothing' | undefined {
    const inside = this.#inside();
    const name = inside.at(-1);
    if (name === undefined) return undefined;
    const { root, path } = this.#scope.place;
    const parent = { root, path: [path, ...inside.slice(0, -1)].filter(Boolean).join('/') };
    const found = withDirectory(parent, (directory) => ({
      stats: directory.stat(name),
      says: directory.readLink(name),
    }));
    if (!found?.stats) return 'nothing';
    if (found.says === undefined) return isLast || found.stats.isDirectory() ? undefined : 'nothing';
    if (++this.#links > MOST_LINKS) return 'nothing';
    if (found.says.startsWith('/')) this.#at = [];
    else this.#at.pop();
    return componentsOf(found.says);
  }

  /** Under whichever of its names the directory was reached. */
  #rename(): void {
    const at = `/${this.#at.join('/')}`;
    if (this.#scope.names.includes(at)) this.#at = [...this.#base];
  }

  #isInside(): boolean {
    return this.#base.every((component, index) => this.#at[index] === component);
  }

  #inside(): string[] {
    return this.#at.slice(this.#base.length);
  }
}

function componentsOf(path: string): string[] {
  return path.split('/').filter((component) => component !== '' && component !== '.');
}
