import { statSync } from 'node:fs';
import { join } from 'node:path';
import { holdHeap } from '../../core/steady-heap.ts';
import type { ListOptions, ObjectSummary } from '../store.ts';
import { isDirectory } from './object-places.ts';
import type { StoreFiles } from './store-files.ts';
import { modifiedAt } from './stored-object.ts';
import { encodedLayout, type FoundKey, mergeWalks, plainLayout, Walker } from './walk.ts';

/** What a directory store has in its buckets. */
export class Listing {
  readonly #files: StoreFiles;
  readonly #plain: Walker;
  readonly #encoded: Walker;

  constructor(files: StoreFiles) {
    this.#files = files;
    this.#plain = new Walker(plainLayout, files.temporary.directory);
    this.#encoded = new Walker(encodedLayout, files.temporary.directory);
  }

  /** As `ObjectStore.list`. */
  async *list(bucket: string, options: ListOptions = {}): AsyncGenerator<ObjectSummary> {
    for await (const piece of this.listPieces(bucket, options)) yield* piece;
  }

  /** Like {@link list}, many at once. */
  async *listPieces(bucket: string, options: ListOptions = {}): AsyncGenerator<readonly ObjectSummary[]> {
    for await (const piece of this.listKeys(bucket, options)) {
      options.signal?.throwIfAborted();
      yield piece.flatMap((found) => this.summary(bucket, found, options.withEtag ?? false) ?? []);
    }
  }

  /** The keys of {@link list} with their files, many at once: nothing but directories is looked at. */
  async *listKeys(
    bucket: string,
    { prefix = '', startAfter: after = '' }: Pick<ListOptions, 'prefix' | 'startAfter'>,
  ): AsyncGenerator<readonly FoundKey[]> {
    using _heap = holdHeap();
    this.#files.checkBucket(bucket);
    this.#files.temporary.prepare();
    yield* mergeWalks(
      this.#plain.walk(this.#files.places.bucket(bucket), { prefix, after }),
      this.#encoded.walk(join(this.#files.places.encodedRoot, bucket), { prefix, after }),
    );
  }

  /** What a listing shows of a key that was found; undefined where it is gone meanwhile. */
  summary(bucket: string, { key, path }: FoundKey, withEtag: boolean): ObjectSummary | undefined {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stats) return undefined;
    const summary = { key, size: Number(stats.size), lastModified: modifiedAt(stats), file: path };
    return withEtag ? { ...summary, ...this.#files.sidecars.listed(bucket, key, path, stats) } : summary;
  }

  /** The directory of this machine that holds all objects below a prefix and nothing else, if there is one. */
  async directory(bucket: string, prefix: string): Promise<string | undefined> {
    if (prefix !== '' && !prefix.endsWith('/')) return undefined;
    const { root, places } = this.#files;
    const path = join(root, bucket, prefix);
    if (!path.startsWith(join(root, bucket)) || !isDirectory(path)) return undefined;
    if (!places.isInside(join(path, 'x'))) return undefined;
    const encoded = this.#encoded.walk(join(places.encodedRoot, bucket), { prefix, after: '' });
    for await (const _ of encoded) return undefined;
    return path;
  }
}
