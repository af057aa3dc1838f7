import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ObjectStore, OpenStores } from '../../objects/index.ts';
import { parseS3Uri } from '../../objects/index.ts';

/** A place is listed for so long at most; then its size is unknown. */
const LIMIT_MS = 5000;

/** Nobody waits for more files than this to be listed. */
const MOST_FILES = 200_000;

/** What a place was found to hold. */
export interface MeasuredPlace {
  readonly place: 'local' | 's3';
  /** Absent where it could not be listed in time. Bytes. */
  readonly bytes?: number;
}

/** Opens the store of a platform, when it is needed. Never rejects. */
export type StoreElsewhere = () => Promise<ObjectStore | undefined>;

/** Finds out how much data there is at places, each once. */
export class DataMeasure {
  readonly #stores: OpenStores;
  readonly #elsewhere: StoreElsewhere;
  readonly #found = new Map<string, Promise<MeasuredPlace>>();

  /** @param elsewhere - the store of a platform, for what the home's own has not. @default none: its size is unknown */
  constructor(stores: OpenStores, elsewhere: StoreElsewhere = async () => undefined) {
    this.#stores = stores;
    this.#elsewhere = elsewhere;
  }

  /** Never rejects: what cannot be listed is unknown. */
  measure(uri: string): Promise<MeasuredPlace> {
    const found =
      this.#found.get(uri) ??
      this.#measure(uri).catch((): MeasuredPlace => ({ place: uri.startsWith('file:') ? 'local' : 's3' }));
    this.#found.set(uri, found);
    return found;
  }

  async #measure(uri: string): Promise<MeasuredPlace> {
    if (uri.startsWith('file:')) return this.#told('local', sizeOfPath(fileURLToPath(uri)));
    const { bucket } = parseS3Uri(uri);
    const own = this.#stores.store(bucket);
    // The embedded store is files of this machine.
    if (own.kind !== 'directory') return this.#told('s3', sizeOfObjects(uri, own));
    if (await own.bucketExists(bucket)) return this.#told('local', sizeOfObjects(uri, own));
    const elsewhere = await this.#elsewhere();
    return elsewhere ? this.#told('s3', sizeOfObjects(uri, elsewhere)) : { place: 's3' };
  }

  async #told(place: MeasuredPlace['place'], size: Promise<number>): Promise<MeasuredPlace> {
    try {
      const bytes = await withinLimit(size);
      return bytes === undefined ? { place } : { place, bytes };
    } catch {
      return { place };
    }
  }
}

async function sizeOfObjects(uri: string, store: ObjectStore): Promise<number> {
  const { bucket, key } = parseS3Uri(uri);
  const counter = new Counter();
  for await (const { size } of store.list(bucket, { prefix: key })) counter.add(size);
  return counter.bytes;
}

/** Undefined where it takes too long; nobody waits for it then. */
async function withinLimit(work: Promise<number>): Promise<number | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LIMIT_MS);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}

async function sizeOfPath(path: string, counter = new Counter()): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) {
    counter.add(found.size);
    return counter.bytes;
  }
  for await (const entry of await opendir(path)) {
    if (entry.isDirectory() || entry.isFile()) await sizeOfPath(join(path, entry.name), counter);
  }
  return counter.bytes;
}

class Counter {
  bytes = 0;
  #files = 0;

  add(size: number): void {
    if (++this.#files > MOST_FILES) throw new Error('There are too many files to list.');
    this.bytes += size;
  }
}
