import { existsSync, realpathSync, statSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { makeDirectories } from '../../core/make-directories.ts';
import type { StagedOutput } from '../../core/staged-output.ts';
import { holdHeap } from '../steady-heap.ts';
import type {
  BucketSummary,
  DownloadItems,
  DownloadOptions,
  GetOptions,
  ListOptions,
  LocalObjects,
  ObjectBody,
  ObjectContent,
  ObjectHead,
  ObjectStore,
  ObjectSummary,
  PutOptions,
  StageOptions,
  StoreOpening,
} from '../store.ts';
import { BucketSettings } from './bucket-settings.ts';
import { downloadFiles } from './download-files.ts';
import { checkBucketName, checkKey, isBucketName } from './key-path.ts';
import type { ObjectFile } from './object-file.ts';
import { type FoundObject, isDirectory, Places } from './object-places.ts';
import type { Fingerprint, ObjectRecord, StoredObject } from './object-record.ts';
import { discard, publishFile, removeEmptyTree, unpublishFile } from './publish.ts';
import { readBody } from './read-body.ts';
import { Sidecars } from './sidecars.ts';
import { StagedObjects } from './staged-objects.ts';
import { TemporaryFiles } from './temporary-files.ts';
import { encodedLayout, type FoundKey, mergeWalks, plainLayout, Walker } from './walk.ts';
import { type WrittenBody, writeBody } from './write-body.ts';

/** What must hold of the object that a write would replace. */
export interface WriteConditions {
  /** An ETag in quotes, or `*` for any object. */
  readonly ifMatch?: string;
  /** `*`: there must be no object. */
  readonly ifNoneMatch?: string;
}

/** How to write an object. */
export interface WriteOptions extends WriteConditions {
  /** What to record; called once the whole body was read. May refuse it by throwing. */
  readonly record?: (written: WrittenBody) => Omit<ObjectRecord, 'key' | 'etag'>;
  /** Bytes, where known. */
  readonly size?: number;
  readonly signal?: AbortSignal;
}

/** An open object: whoever takes it closes the file. */
export interface OpenObject extends StoredObject {
  readonly file: ObjectFile;
}

/** Objects as plain files, `<root>/<bucket>/<key>`. */
export class DirectoryStore implements ObjectStore {
  readonly kind = 'directory';
  /** Absolute, without symbolic links. */
  readonly root: string;
  readonly local: LocalObjects;
  readonly opening: StoreOpening;
  readonly settings: BucketSettings;
  readonly #places: Places;
  readonly #sidecars: Sidecars;
  readonly #temporary: TemporaryFiles;
  readonly #staged: StagedObjects;
  readonly #plain: Walker;
  readonly #encoded: Walker;

  constructor(root: string) {
    this.root = realPathOf(resolve(root));
    this.#places = new Places(this.root, this.internal('encoded'));
    this.#sidecars = new Sidecars(this.internal('records'));
    this.#temporary = new TemporaryFiles(this.internal('temporary'));
    this.settings = new BucketSettings(this.internal('buckets'), () => this.temporaryPath());
    this.#staged = new StagedObjects(this);
    this.#plain = new Walker(plainLayout, this.#temporary.directory);
    this.#encoded = new Walker(encodedLayout, this.#temporary.directory);
    this.opening = { kind: 'directory', root: this.root };
    this.local = {
      file: (bucket, key) => this.#file(bucket, key),
      directory: (...at) => this.#directory(...at),
    };
  }

  /** A directory for the store's own things. No bucket's name starts with a dot. */
  internal(name: string): string {
    return join(this.root, '.sluice', name);
  }

  /** A path for a file that `publish` will take, on the store's file system. */
  temporaryPath(): string {
    return this.#temporary.path();
  }

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
    this.#checkBucket(bucket);
    this.#temporary.prepare();
    yield* mergeWalks(
      this.#plain.walk(this.#places.bucket(bucket), { prefix, after }),
      this.#encoded.walk(join(this.#places.encodedRoot, bucket), { prefix, after }),
    );
  }

  /** What a listing shows of a key that was found; undefined where it is gone meanwhile. */
  summary(bucket: string, { key, path }: FoundKey, withEtag: boolean): ObjectSummary | undefined {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stats) return undefined;
    const summary = { key, size: Number(stats.size), lastModified: modifiedAt(stats), file: path };
    return withEtag ? { ...summary, ...this.#sidecars.listed(bucket, key, path, stats) } : summary;
  }

  async head(bucket: string, key: string): Promise<StoredObject & ObjectHead> {
    const { file, ...stored } = await this.open(bucket, key);
    file.close();
    return asHead(stored);
  }

  async get(bucket: string, key: string, options: GetOptions = {}): Promise<ObjectContent> {
    const { file, ...stored } = await this.open(bucket, key);
    try {
      if (options.ifMatch !== undefined && options.ifMatch !== stored.etag) {
        throw preconditionFailed(bucket, key, `has ETag ${stored.etag}, not ${options.ifMatch}`, 'If-Match');
      }
      const range = resolveRange(bucket, key, stored.size, options.range);
      return { ...asHead(stored), body: readBody(file, range, options.signal) };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async download(bucket: string, items: DownloadItems, options: DownloadOptions = {}): Promise<void> {
    await downloadFiles(bucket, items, (key) => this.head(bucket, key), options);
  }

  /** The object with its file opened, so that it stays the same whatever happens to the key. */
  async open(bucket: string, key: string): Promise<OpenObject> {
    return this.#open(bucket, key);
  }

  async put(bucket: string, key: string, body: ObjectBody, options: PutOptions = {}): Promise<ObjectHead> {
    const { contentType, metadata, signal, ifNoneMatch, ifMatch, size } = options;
    const record = {
      ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    return this.write(bucket, key, body, {
      record: () => record,
      ...(signal && { signal }),
      ...(size !== undefined && { size }),
      ...(ifNoneMatch && { ifNoneMatch }),
      ...(ifMatch && { ifMatch }),
    });
  }

  async stage(bucket: string, key: string, body: ObjectBody, options: StageOptions): Promise<StagedOutput> {
    checkKey(key);
    this.#checkBucket(bucket);
    try {
      return await this.#staged.stage(bucket, key, body, options);
    } catch (error) {
      throw writeError(error, bucket, key);
    }
  }

  publishStaged(staged: StagedOutput): Promise<void> {
    return this.#staged.publish(staged);
  }

  discardStaged(owner: string): Promise<void> {
    return this.#staged.discard(owner);
  }

  /** {@link put} with all that S3 records of an object. */
  async write(
    bucket: string,
    key: string,
    body: ObjectBody,
    options: WriteOptions = {},
  ): Promise<StoredObject & ObjectHead> {
    checkKey(key);
    this.#checkBucket(bucket);
    const temporary = this.temporaryPath();
    try {
      const written = await writeBody(temporary, body, {
        size: sizeOf(body) ?? options.size,
        signal: options.signal,
      });
      const record = { key, etag: `"${written.md5.toString('hex')}"`, ...options.record?.(written) };
      return this.publish(bucket, temporary, written.fingerprint, record, options);
    } catch (error) {
      discard(temporary);
      throw writeError(error, bucket, key);
    }
  }

  /**
   * Makes a finished file the object of a key, with its record. Not interrupted by another change in this process.
   *
   * @param fingerprint of the finished file, which `stampUnique` has made unlike any other
   */
  publish(
    bucket: string,
    temporary: string,
    fingerprint: Fingerprint,
    record: ObjectRecord,
    conditions: WriteConditions = {},
  ): StoredObject & ObjectHead {
    const { key } = record;
    this.#checkBucket(bucket);
    const places = this.#places.of(bucket, key);
    const before = this.#places.find(places);
    checkConditions(bucket, key, before && this.#etag(bucket, key, before), conditions);
    const path = places.plain ?? places.encoded;
    this.#sidecars.write(bucket, record, fingerprint, path);
    const exclusive = conditions.ifNoneMatch === '*';
    if (!publishFile(temporary, places, this.#places.bucket(bucket), exclusive))
      throw preconditionFailed(bucket, key, 'exists', 'If-None-Match');
    if (before) this.#sidecars.remove(bucket, key, before.fingerprint);
    return asHead(stored(record, fingerprint, path));
  }

  /** Writes an object's record anew, for the version of its bytes that is there. */
  async updateRecord(
    bucket: string,
    key: string,
    update: (record: ObjectRecord) => ObjectRecord,
  ): Promise<void> {
    const { file, ...object } = this.#open(bucket, key);
    using _ = file;
    this.#sidecars.replace(bucket, update(recordOf(object)), file.fingerprint, this.temporaryPath());
  }

  async delete(
    bucket: string,
    key: string,
    conditions: Pick<WriteConditions, 'ifMatch'> = {},
  ): Promise<void> {
    checkKey(key);
    this.#checkBucket(bucket);
    const places = this.#places.of(bucket, key);
    const before = this.#places.find(places);
    if (!before) return;
    checkConditions(bucket, key, this.#etag(bucket, key, before), conditions);
    unpublishFile(this.#places, bucket, places);
    this.#sidecars.remove(bucket, key, before.fingerprint);
  }

  async createBucket(bucket: string): Promise<void> {
    checkBucketName(bucket);
    try {
      // The first bucket makes the home, which nobody else may look into.
      makeDirectories(this.root, 0o700);
      await mkdir(join(this.root, bucket), { recursive: true });
    } catch (error) {
      throw writeError(error, bucket, '');
    }
  }

  async bucketExists(bucket: string): Promise<boolean> {
    checkBucketName(bucket);
    return isDirectory(this.#places.bucket(bucket));
  }

  async listBuckets(): Promise<readonly BucketSummary[]> {
    const entries = await readdir(this.root, { withFileTypes: true }).catch(emptyWhenAbsent);
    const names = entries
      .filter((entry) => entry.isDirectory() && isBucketName(entry.name))
      .map(({ name }) => name);
    return names.sort().map((name) => ({ name, created: statSync(join(this.root, name)).birthtime }));
  }

  /** @throws SluiceError `NoSuchBucket`, `BucketNotEmpty` */
  async deleteBucket(bucket: string): Promise<void> {
    for await (const _ of this.list(bucket)) throw bucketNotEmpty(bucket);
    for (const root of [this.#places.encodedRoot, this.root])
      await this.#removeEmpty(bucket, join(root, bucket));
    await this.#sidecars.removeBucket(bucket);
    this.settings.remove(bucket);
    await rm(join(this.internal('uploads'), bucket), { recursive: true, force: true });
  }

  async #removeEmpty(bucket: string, path: string): Promise<void> {
    try {
      await removeEmptyTree(path, directoriesIn);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOTEMPTY') throw bucketNotEmpty(bucket);
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    }
  }

  /** The object with its file opened. @throws SluiceError `NoSuchKey`, `NoSuchBucket` */
  #open(bucket: string, key: string): OpenObject {
    checkBucketName(bucket);
    checkKey(key);
    const file = this.#places.open(this.#places.of(bucket, key));
    if (!file) {
      this.#checkBucket(bucket);
      throw new SluiceError('NoSuchKey', `There is no object s3://${bucket}/${key}.`, {
        details: { bucket, key },
      });
    }
    const { fingerprint, path } = file;
    return { ...stored(this.#sidecars.of(bucket, key, file), fingerprint, path), file };
  }

  #checkBucket(bucket: string): void {
    checkBucketName(bucket);
    if (isDirectory(this.#places.bucket(bucket))) return;
    throw new SluiceError('NoSuchBucket', `There is no bucket '${bucket}' in ${this.root}.`, {
      hint: `Create it: sluice s3 mb s3://${bucket}`,
      details: { bucket },
    });
  }

  #etag(bucket: string, key: string, { path, fingerprint }: FoundObject): string {
    return this.#sidecars.listed(bucket, key, path, fingerprint).etag;
  }

  async #file(bucket: string, key: string): Promise<string> {
    return (await this.head(bucket, key)).path;
  }

  async #directory(bucket: string, prefix: string): Promise<string | undefined> {
    if (prefix !== '' && !prefix.endsWith('/')) return undefined;
    const path = join(this.root, bucket, prefix);
    if (!path.startsWith(join(this.root, bucket)) || !isDirectory(path)) return undefined;
    if (!this.#places.isInside(join(path, 'x'))) return undefined;
    const encoded = this.#encoded.walk(join(this.#places.encodedRoot, bucket), { prefix, after: '' });
    for await (const _ of encoded) return undefined;
    return path;
  }
}

function stored(record: ObjectRecord, fingerprint: Fingerprint, path: string): StoredObject {
  return { ...record, size: Number(fingerprint.size), lastModified: modifiedAt(fingerprint), path };
}

function modifiedAt({ mtimeNs }: Pick<Fingerprint, 'mtimeNs'>): Date {
  return new Date(Number(mtimeNs / 1_000_000n));
}

function recordOf({
  key,
  etag,
  headers,
  metadata,
  checksum,
  parts,
  uploadId,
  tags,
}: StoredObject): ObjectRecord {
  return {
    key,
    etag,
    ...(headers && { headers }),
    ...(metadata && { metadata }),
    ...(checksum && { checksum }),
    ...(parts && { parts }),
    ...(uploadId !== undefined && { uploadId }),
    ...(tags && { tags }),
  };
}

function asHead(object: StoredObject): StoredObject & ObjectHead {
  const contentType = object.headers?.['content-type'];
  return {
    ...object,
    metadata: object.metadata ?? {},
    ...(contentType === undefined ? {} : { contentType }),
  };
}

function resolveRange(
  bucket: string,
  key: string,
  size: number,
  range: GetOptions['range'],
): { start: number; length: number } {
  if (!range) return { start: 0, length: size };
  if (range.start >= size) {
    throw new SluiceError(
      'InvalidRange',
      `s3://${bucket}/${key} has ${size} bytes; the range starts at ${range.start}.`,
    );
  }
  const end = Math.min(range.end ?? size - 1, size - 1);
  return { start: range.start, length: Math.max(0, end - range.start + 1) };
}

function checkConditions(
  bucket: string,
  key: string,
  etag: string | undefined,
  { ifMatch, ifNoneMatch }: WriteConditions,
): void {
  if (ifNoneMatch !== undefined && etag !== undefined && (ifNoneMatch === '*' || ifNoneMatch === etag)) {
    throw preconditionFailed(bucket, key, 'exists', 'If-None-Match');
  }
  if (ifMatch === undefined) return;
  if (etag === undefined) throw new SluiceError('NoSuchKey', `There is no object s3://${bucket}/${key}.`);
  if (ifMatch !== '*' && ifMatch !== etag)
    throw preconditionFailed(bucket, key, `has ETag ${etag}, not ${ifMatch}`, 'If-Match');
}

function preconditionFailed(
  bucket: string,
  key: string,
  what: string,
  condition: 'If-Match' | 'If-None-Match',
): SluiceError {
  return new SluiceError('PreconditionFailed', `s3://${bucket}/${key} ${what}.`, {
    details: { bucket, key, condition },
  });
}

function bucketNotEmpty(bucket: string): SluiceError {
  return new SluiceError('BucketNotEmpty', `The bucket '${bucket}' still holds objects.`, {
    details: { bucket },
  });
}

function sizeOf(body: ObjectBody): number | undefined {
  return body instanceof Uint8Array ? body.length : undefined;
}

/** A file system's refusal, in the words of the store. */
function writeError(error: unknown, bucket: string, key: string): unknown {
  const code = systemErrorCode(error);
  const object = `s3://${bucket}/${key}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SluiceError('DiskFull', `There is no room left to write ${object}.`, { cause: error });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new SluiceError('AccessDenied', `${object} cannot be written.`, { cause: error });
  }
  return error;
}

async function directoriesIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
}

function emptyWhenAbsent(error: unknown): never[] {
  if (systemErrorCode(error) === 'ENOENT') return [];
  throw error;
}

/** The real path of what exists of a path, and the rest as it is. */
function realPathOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(realPathOf(parent), basename(path));
}
