import { statSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import { makeDirectories } from '../../core/make-directories.ts';
import type { BucketSummary } from '../store.ts';
import type { BucketSettings } from './bucket-settings.ts';
import { checkBucketName, isBucketName } from './key-path.ts';
import { isDirectory } from './object-places.ts';
import { removeEmptyTree } from './publish.ts';
import { bucketNotEmpty, writeError } from './store-errors.ts';
import type { StoreFiles } from './store-files.ts';

/** The buckets of a directory store: its directories. */
export class Buckets {
  readonly #files: StoreFiles;
  readonly #settings: BucketSettings;
  readonly #objects: (bucket: string) => AsyncIterable<unknown>;

  constructor(
    files: StoreFiles,
    settings: BucketSettings,
    objects: (bucket: string) => AsyncIterable<unknown>,
  ) {
    this.#files = files;
    this.#settings = settings;
    this.#objects = objects;
  }

  async create(bucket: string): Promise<void> {
    checkBucketName(bucket);
    try {
      // The first bucket makes the home, which nobody else may look into.
      makeDirectories(this.#files.root, 0o700);
      await mkdir(join(this.#files.root, bucket), { recursive: true });
    } catch (error) {
      throw writeError(error, bucket, '');
    }
  }

  async exists(bucket: string): Promise<boolean> {
    checkBucketName(bucket);
    return isDirectory(this.#files.places.bucket(bucket));
  }

  async list(): Promise<readonly BucketSummary[]> {
    const entries = await readdir(this.#files.root, { withFileTypes: true }).catch(emptyWhenAbsent);
    const names = entries
      .filter((entry) => entry.isDirectory() && isBucketName(entry.name))
      .map(({ name }) => name);
    return names.sort().map((name) => ({ name, created: statSync(join(this.#files.root, name)).birthtime }));
  }

  /** @throws SluiceError `NoSuchBucket`, `BucketNotEmpty` */
  async remove(bucket: string): Promise<void> {
    for await (const _ of this.#objects(bucket)) throw bucketNotEmpty(bucket);
    for (const root of [this.#files.places.encodedRoot, this.#files.root])
      await this.#removeEmpty(bucket, join(root, bucket));
    await this.#files.sidecars.removeBucket(bucket);
    this.#settings.remove(bucket);
    await rm(join(this.#files.internal('uploads'), bucket), { recursive: true, force: true });
  }

  async #removeEmpty(bucket: string, path: string): Promise<void> {
    try {
      await removeEmptyTree(path, directoriesIn);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOTEMPTY') throw bucketNotEmpty(bucket);
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    }
  }
}

async function directoriesIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
}

function emptyWhenAbsent(error: unknown): never[] {
  if (systemErrorCode(error) === 'ENOENT') return [];
  throw error;
}
