import { closeSync, fstatSync, read as readCallback, readSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fileNameBytes, showFileName } from '../../core/file-name.ts';
import { openBelow, type TreeDirectory, type TreeEntry } from '../../core/tree/index.ts';
import { dataParts } from './data-parts.ts';
import { type LinkScope, relativeLink, resolveLink } from './link-target.ts';
import { type DataPart, formatOldMap } from './sparse-map.ts';
import { BLOCK_BYTES, formatHeader, type NewHeader, padding } from './tar-header.ts';

const read = promisify(readCallback);

const PIECE_BYTES = 1024 * 1024;
/** A larger piece is read by another thread. */
const SMALL_BYTES = 64 * 1024;
/** What a header has room for. */
const FIELD_BYTES = 100;
/** Names of one directory that are put in order; of more, the order is the system's. */
const MOST_ORDERED = 100_000;
/** Each has a descriptor open. */
const MOST_DIRECTORIES = 512;
const LONG_NAME = '././@LongLink';

/** What to pack. */
export interface PackTarOptions extends LinkScope {
  readonly signal?: AbortSignal | undefined;
  /** Told of each entry that is left out, one sentence. */
  readonly onLeftOut?: ((message: string) => void) | undefined;
}

/**
 * A directory's contents as a tar archive, at its root, in the order of names: directories, files (those with holes as
 * sparse ones, hard links as such) and the links that stay within it, whichever way they say so, as relative ones. Names
 * are kept as bytes. Links that lead out are left out and told of; FIFOs, sockets and devices are left out.
 *
 * By design: GNU's form, which every tar reads, Python's `tarfile` too. A piece is good until the next one is asked for.
 */
export async function* packTar(options: PackTarOptions): AsyncGenerator<Uint8Array> {
  using directory = openBelow(options.place);
  if (directory) yield* new Packing(options).pack(directory, '', 0);
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

class Packing {
  readonly #options: PackTarOptions;
  readonly #buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  /** The first names of files that have several, by device and number. */
  readonly #names = new Map<string, string>();

  constructor(options: PackTarOptions) {
    this.#options = options;
  }

  async *pack(directory: TreeDirectory, base: string, depth: number): AsyncGenerator<Uint8Array> {
    if (depth > MOST_DIRECTORIES)
      return this.#leaveOut(base, `is nested in more than ${MOST_DIRECTORIES} directories`);
    await turn();
    for (const entry of inOrder(directory.entries())) {
      this.#options.signal?.throwIfAborted();
      const path = base + entry.name;
      if (entry.kind === 'directory') yield* this.#directory(directory, entry, path, depth);
      else if (entry.kind === 'file') yield* this.#file(directory, entry, path);
      else if (entry.kind === 'link') yield* this.#link(directory, entry, path);
    }
  }

  async *#directory(
    parent: TreeDirectory,
    { name }: TreeEntry,
    path: string,
    depth: number,
  ): AsyncGenerator<Uint8Array> {
    using directory = parent.directory(name);
    if (!directory) return;
    const { mode, mtimeMs } = directory.stats();
    yield* tarHeaders({ name: `${path}/`, type: '5', mode: mode & 0o777, size: 0, mtime: mtimeMs / 1000 });
    yield* this.pack(directory, `${path}/`, depth + 1);
  }

  *#link(parent: TreeDirectory, { name }: TreeEntry, path: string): Generator<Uint8Array> {
    const target = resolveLink(this.#options, path);
    const says = showFileName(parent.readLink(name) ?? '');
    if (target === 'outside') return this.#leaveOut(path, `leads out of its directory, to '${says}'`);
    if (target === 'nothing') return this.#leaveOut(path, `leads to nothing, by '${says}'`);
    const mtime = (parent.stat(name)?.mtimeMs ?? 0) / 1000;
    const linkName = relativeLink(path, target.path);
    yield* tarHeaders({ name: path, type: '2', mode: 0o777, size: 0, mtime, linkName });
  }

  async *#file(parent: TreeDirectory, { name }: TreeEntry, path: string): AsyncGenerator<Uint8Array> {
    const fd = parent.openFile(name);
    if (fd === undefined) return;
    try {
      const { size, mode, mtimeMs, nlink, dev, ino, blocks } = fstatSync(fd);
      const header = { name: path, mode: mode & 0o777, mtime: mtimeMs / 1000 };
      const first = nlink > 1 ? this.#names.get(`${dev} ${ino}`) : undefined;
      if (first !== undefined) return yield* tarHeaders({ ...header, type: '1', size: 0, linkName: first });
      if (nlink > 1) this.#names.set(`${dev} ${ino}`, path);
      const parts = dataParts(fd, size, blocks);
      if (parts) yield* sparseHeaders(header, size, parts);
      else yield* tarHeaders({ ...header, type: '0', size });
      yield* this.#data(fd, parts ?? [{ offset: 0, length: size }]);
    } finally {
      closeSync(fd);
    }
  }

  async *#data(fd: number, parts: readonly DataPart[]): AsyncGenerator<Uint8Array> {
    let total = 0;
    for (const { offset, length } of parts) {
      for (let done = 0; done < length; ) {
        this.#options.signal?.throwIfAborted();
        const piece = this.#buffer.subarray(0, length - done);
        await fill(fd, piece, offset + done);
        yield piece;
        done += piece.length;
      }
      total += length;
    }
    if (padding(total) > 0) yield Buffer.alloc(padding(total));
  }

  #leaveOut(path: string, why: string): void {
    this.#options.onLeftOut?.(`'${showFileName(path)}' was left out: it ${why}.`);
  }
}

function* inOrder(entries: Generator<TreeEntry>): Generator<TreeEntry> {
  const first: TreeEntry[] = [];
  try {
    let next = entries.next();
    for (; !next.done && first.length < MOST_ORDERED; next = entries.next()) first.push(next.value);
    if (next.done) first.sort((a, b) => (a.name < b.name ? -1 : 1));
    yield* first;
    if (!next.done) yield next.value;
    yield* entries;
  } finally {
    entries.return(undefined);
  }
}

/** What a file has lost since its size was told is zeros. */
async function fill(fd: number, piece: Buffer, position: number): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const [left, at] = [piece.length - done, position + done];
    const count =
      left <= SMALL_BYTES
        ? readSync(fd, piece, done, left, at)
        : (await read(fd, piece, done, left, at)).bytesRead;
    if (count === 0) piece.fill(0, done);
    done += count === 0 ? left : count;
  }
}

function* sparseHeaders(
  header: Pick<NewHeader, 'name' | 'mode' | 'mtime'>,
  realSize: number,
  parts: readonly DataPart[],
): Generator<Uint8Array> {
  const { first, more } = formatOldMap({ realSize, parts });
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const sparse = { realSize, places: first, isExtended: more.length > 0 };
  yield* tarHeaders({ ...header, type: 'S', size, sparse });
  yield* more;
}

/** A header, and before it those that hold names which are too long for it. */
export function* tarHeaders(header: NewHeader): Generator<Uint8Array> {
  if (header.linkName !== undefined) yield* longName('K', header.linkName);
  yield* longName('L', header.name);
  yield formatHeader(header);
}

function* longName(type: 'K' | 'L', name: string): Generator<Uint8Array> {
  const bytes = Buffer.concat([fileNameBytes(name), Buffer.alloc(1)]);
  if (bytes.length - 1 <= FIELD_BYTES) return;
  yield formatHeader({ name: LONG_NAME, type, mode: 0o644, size: bytes.length, mtime: 0 });
  yield bytes;
  if (padding(bytes.length) > 0) yield Buffer.alloc(padding(bytes.length));
}
