import { opendirSync, statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { systemErrorCode } from '../../core/errors.ts';
import { compareBytes, sortByBytes } from './byte-order.ts';
import type { SortedNames } from './sorted-names.ts';
import { SpilledNames } from './spilled-names.ts';

/** Turns a directory entry into its name in the listing, or undefined for what is no part of it. */
export type NameOf = (entry: {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
}) => string | undefined;

/** More names than this are sorted on disk. */
const IN_MEMORY = 20_000;
/** As many of them at once: of a directory of 10,000,000 names, 160 runs are then merged. */
const RUN_NAMES = 64 * 1024;
/** Names that all cached directories together may hold in memory. */
const CACHE_LIMIT = 200_000;
/** A directory that changed less than this before it was read may change again within one tick of its clock. */
const SETTLED_MS = 100;

interface Cached {
  readonly names: SortedNames;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
}

/** Reads directories in order, and keeps the last ones while they do not change. */
export class SortedDirectories {
  readonly #cache = new Map<string, Cached>();
  readonly #nameOf: NameOf;
  /** Where names are spilled that do not fit in memory. */
  readonly #temporary: string;

  constructor(nameOf: NameOf, temporary: string) {
    this.#nameOf = nameOf;
    this.#temporary = temporary;
  }

  /** The names in a directory; none when it does not exist (any more). */
  async open(path: string): Promise<SortedNames> {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stats?.isDirectory()) return new NamesInMemory([]);
    const cached = this.#cache.get(path);
    if (cached && cached.mtimeNs === stats.mtimeNs && cached.ino === stats.ino) {
      this.#cache.delete(path);
      this.#cache.set(path, cached);
      return cached.names;
    }
    const settled = Date.now() - Number(stats.mtimeMs) > SETTLED_MS;
    const names = await this.#read(path);
    if (settled) this.#keep(path, { names, mtimeNs: stats.mtimeNs, ino: stats.ino });
    return names;
  }

  #keep(path: string, cached: Cached): void {
    this.#cache.set(path, cached);
    let total = 0;
    for (const [other, { names }] of [...this.#cache].reverse()) {
      total += names instanceof SpilledNames ? names.length / 100 : names.length + 10;
      if (total > CACHE_LIMIT && other !== path) this.#cache.delete(other);
    }
  }

  async #read(path: string): Promise<SortedNames> {
    let names: string[] = [];
    let spilled: SpilledNames | undefined;
    try {
      for await (const batch of readNames(path, this.#nameOf)) {
        names.push(...batch);
        if (names.length < (spilled ? RUN_NAMES : IN_MEMORY)) continue;
        spilled ??= new SpilledNames(this.#temporary);
        spilled.add(sortByBytes(names));
        names = [];
      }
    } catch (error) {
      spilled?.close();
      throw error;
    }
    if (!spilled) return new NamesInMemory(sortByBytes(names));
    spilled.add(sortByBytes(names));
    await spilled.merge();
    return spilled;
  }
}

class NamesInMemory implements SortedNames {
  readonly #names: readonly string[];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  get length(): number {
    return this.#names.length;
  }

  *read(from: string): Iterable<readonly string[]> {
    const start = lowerBound(this.#names, from);
    if (start < this.#names.length) yield start === 0 ? this.#names : this.#names.slice(start);
  }
}

const BATCH = 4096;

/** Reads a directory in batches; lets other work have its turn in between. */
async function* readNames(path: string, nameOf: NameOf): AsyncGenerator<string[]> {
  const directory = openOrUndefined(path);
  if (!directory) return;
  try {
    let batch: string[] = [];
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      const name = nameOf(entry);
      if (name !== undefined) batch.push(name);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
      await turn();
    }
    yield batch;
  } finally {
    directory.closeSync();
  }
}

function openOrUndefined(path: string): ReturnType<typeof opendirSync> | undefined {
  try {
    return opendirSync(path, { bufferSize: 1024 });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' || systemErrorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The index of the first name at or after `from`. */
function lowerBound(names: readonly string[], from: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(names[middle] as string, from) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
