import { compareBytes } from './byte-order.ts';
import { CHUNK_BYTES } from './key-path.ts';
import { type NameOf, SortedDirectories } from './sorted-directory.ts';

/** How keys lie in directories: as they are, or encoded. Names of the walk are strings whose order is the keys' order. */
export interface Layout {
  /** No name of the listing is longer, in characters. */
  readonly nameLimit: number;
  readonly nameOf: NameOf;
  /** Whether a name of the listing is a directory's, and what its path component is. */
  place(name: string): { readonly directory: boolean; readonly component: string };
  /** From a key to the walk's string and back. */
  encode(key: string): string;
  decode(text: string): string;
}

/** Keys as plain paths. A directory's name ends in `/`. */
export const plainLayout: Layout = {
  nameLimit: Number.POSITIVE_INFINITY,
  nameOf: (entry) => {
    if (entry.isFile()) return entry.name;
    return entry.isDirectory() ? `${entry.name}/` : undefined;
  },
  place: (name) =>
    name.endsWith('/')
      ? { directory: true, component: name.slice(0, -1) }
      : { directory: false, component: name },
  encode: (key) => key,
  decode: (text) => text,
};

/** The encoded tree (see `encodedPath`). The walk's strings hold one byte in each character. */
export const encodedLayout: Layout = {
  nameLimit: CHUNK_BYTES,
  nameOf: ({ name }) => {
    const text = Buffer.from(name.slice(1), 'hex').toString('latin1');
    return name[0] === 'd' ? `${text}/` : text;
  },
  place: (name) => {
    if (name.endsWith('/')) return { directory: true, component: `d${hex(name.slice(0, -1))}` };
    const chunk = name.length === CHUNK_BYTES;
    return { directory: chunk, component: `${chunk ? 'c' : 'f'}${hex(name)}` };
  },
  encode: (key) => Buffer.from(key).toString('latin1'),
  decode: (text) => Buffer.from(text, 'latin1').toString(),
};

function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

/** What to walk. */
export interface WalkOptions {
  readonly prefix: string;
  /** Exclusive. */
  readonly after: string;
}

/** A key and the file that holds it. */
export interface FoundKey {
  readonly key: string;
  readonly path: string;
}

/** Walks one tree in the order of its keys. */
export class Walker {
  readonly #layout: Layout;
  readonly #directories: SortedDirectories;

  constructor(layout: Layout, temporary: string) {
    this.#layout = layout;
    this.#directories = new SortedDirectories(layout.nameOf, temporary);
  }

  /** Keys in UTF-8 byte order, in pieces. Directories that cannot hold a wanted key are not read. */
  async *walk(root: string, options: WalkOptions): AsyncGenerator<readonly FoundKey[]> {
    const wanted = { prefix: this.#layout.encode(options.prefix), after: this.#layout.encode(options.after) };
    const stack = [await this.#open(root, '', wanted)];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const { keys, next } = this.#advance(top, wanted);
      if (keys.length > 0) yield keys;
      if (next) stack.push(await this.#open(next.path, next.base, wanted));
      else if (top.done) stack.pop();
    }
  }

  async #open(path: string, base: string, { prefix, after }: WalkOptions): Promise<Level> {
    const names = await this.#directories.open(path);
    const from = laterOf(firstName(prefix, base), firstName(after, base)).slice(0, this.#layout.nameLimit);
    return { path, base, pieces: names.read(from)[Symbol.iterator](), piece: [], index: 0, done: false };
  }

  /** Takes keys of one level, up to the next directory to go into. */
  #advance(
    level: Level,
    { prefix, after }: WalkOptions,
  ): { keys: FoundKey[]; next?: { path: string; base: string } } {
    const keys: FoundKey[] = [];
    while (keys.length < 1024) {
      const name = nextName(level);
      if (name === undefined) return { keys };
      const text = level.base + name;
      if (!text.startsWith(prefix) && compareBytes(text, prefix) > 0 && !prefix.startsWith(text)) {
        level.done = true;
        return { keys };
      }
      const { directory, component } = this.#layout.place(name);
      const path = `${level.path}/${component}`;
      if (directory) {
        const wanted = text.startsWith(prefix) || prefix.startsWith(text);
        const past = compareBytes(text, after) < 0 && !after.startsWith(text);
        if (wanted && !past) return { keys, next: { path, base: text } };
      } else if (text.startsWith(prefix) && compareBytes(text, after) > 0) {
        keys.push({ key: this.#layout.decode(text), path });
      }
    }
    return { keys };
  }
}

interface Level {
  readonly path: string;
  readonly base: string;
  readonly pieces: Iterator<readonly string[]>;
  piece: readonly string[];
  index: number;
  done: boolean;
}

function nextName(level: Level): string | undefined {
  while (level.index >= level.piece.length) {
    const { done, value } = level.pieces.next();
    if (done) {
      level.done = true;
      return undefined;
    }
    level.piece = value;
    level.index = 0;
  }
  return level.piece[level.index++];
}

/** The first name in the directory of `base` that may lead to `bound` or beyond. */
function firstName(bound: string, base: string): string {
  if (!bound.startsWith(base)) return '';
  const rest = bound.slice(base.length);
  const slash = rest.indexOf('/');
  return slash < 0 ? rest : rest.slice(0, slash + 1);
}

function laterOf(a: string, b: string): string {
  return compareBytes(a, b) >= 0 ? a : b;
}

/** Merges two walks; of a key that both have, the first walk's is taken. */
export async function* mergeWalks(
  first: AsyncIterable<readonly FoundKey[]>,
  second: AsyncIterable<readonly FoundKey[]>,
): AsyncGenerator<readonly FoundKey[]> {
  const others = flatten(second);
  let other = await others.next();
  if (other.done) {
    yield* first;
    return;
  }
  for await (const piece of first) {
    const merged: FoundKey[] = [];
    for (const found of piece) {
      while (!other.done && compareBytes(other.value.key, found.key) < 0) {
        merged.push(other.value);
        other = await others.next();
        if (merged.length >= 1024) yield merged.splice(0);
      }
      if (!other.done && other.value.key === found.key) other = await others.next();
      merged.push(found);
    }
    if (merged.length > 0) yield merged;
  }
  for (; !other.done; other = await others.next()) yield [other.value];
}

async function* flatten(pieces: AsyncIterable<readonly FoundKey[]>): AsyncGenerator<FoundKey> {
  for await (const piece of pieces) yield* piece;
}
