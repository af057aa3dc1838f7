import type { StagedOutput } from '../../core/staged-output.ts';
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
import { Buckets } from './buckets.ts';
import { downloadFiles } from './download-files.ts';
import { checkKey } from './key-path.ts';
import { Listing } from './listing.ts';
import type { Fingerprint, ObjectRecord, StoredObject } from './object-record.ts';
import { ObjectWriter, type WriteOptions } from './object-writer.ts';
import { readContent } from './read-content.ts';
import { StagedObjects } from './staged-objects.ts';
import { writeError } from './store-errors.ts';
import { type OpenObject, StoreFiles } from './store-files.ts';
import { asHead } from './stored-object.ts';
import type { FoundKey } from './walk.ts';
import type { WriteConditions } from './write-conditions.ts';

/** Objects as plain files, `<root>/<bucket>/<key>`. */
export class DirectoryStore implements ObjectStore {
  readonly kind = 'directory';
  /** Absolute, without symbolic links. */
  readonly root: string;
  readonly local: LocalObjects;
  readonly opening: StoreOpening;
  readonly settings: BucketSettings;
  readonly #files: StoreFiles;
  readonly #listing: Listing;
  readonly #writer: ObjectWriter;
  readonly #buckets: Buckets;
  readonly #staged: StagedObjects;

  constructor(root: string) {
    this.#files = new StoreFiles(root);
    this.root = this.#files.root;
    this.settings = new BucketSettings(this.internal('buckets'), () => this.temporaryPath());
    this.#listing = new Listing(this.#files);
    this.#writer = new ObjectWriter(this.#files);
    this.#buckets = new Buckets(this.#files, this.settings, (bucket) => this.list(bucket));
    this.#staged = new StagedObjects(this);
    this.opening = { kind: 'directory', root: this.root };
    this.local = {
      file: async (bucket, key) => (await this.head(bucket, key)).path,
      directory: (bucket, prefix) => this.#listing.directory(bucket, prefix),
    };
  }

  /** A directory for the store's own things. No bucket's name starts with a dot. */
  internal(name: string): string {
    return this.#files.internal(name);
  }

  /** A path for a file that `publish` will take, on the store's file system. */
  temporaryPath(): string {
    return this.#files.temporary.path();
  }

  list(bucket: string, options: ListOptions = {}): AsyncGenerator<ObjectSummary> {
    return this.#listing.list(bucket, options);
  }

  /** Like {@link list}, many at once. */
  listPieces(bucket: string, options: ListOptions = {}): AsyncGenerator<readonly ObjectSummary[]> {
    return this.#listing.listPieces(bucket, options);
  }

  /** The keys of {@link list} with their files, many at once: nothing but directories is looked at. */
  listKeys(
    bucket: string,
    options: Pick<ListOptions, 'prefix' | 'startAfter'>,
  ): AsyncGenerator<readonly FoundKey[]> {
    return this.#listing.listKeys(bucket, options);
  }

  /** What a listing shows of a key that was found; undefined where it is gone meanwhile. */
  summary(bucket: string, found: FoundKey, withEtag: boolean): ObjectSummary | undefined {
    return this.#listing.summary(bucket, found, withEtag);
  }

  async head(bucket: string, key: string): Promise<StoredObject & ObjectHead> {
    const { file, ...stored } = await this.open(bucket, key);
    file.close();
    return asHead(stored);
  }

  async get(bucket: string, key: string, options: GetOptions = {}): Promise<ObjectContent> {
    return readContent(await this.open(bucket, key), bucket, options);
  }

  async download(bucket: string, items: DownloadItems, options: DownloadOptions = {}): Promise<void> {
    await downloadFiles(bucket, items, (key) => this.head(bucket, key), options);
  }

  /** The object with its file opened, so that it stays the same whatever happens to the key. */
  async open(bucket: string, key: string): Promise<OpenObject> {
    return this.#files.open(bucket, key);
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
    this.#files.checkBucket(bucket);
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
  write(
    bucket: string,
    key: string,
    body: ObjectBody,
    options: WriteOptions = {},
  ): Promise<StoredObject & ObjectHead> {
    return this.#writer.write(bucket, key, body, options);
  }

  /** See {@link ObjectWriter.publish}. */
  publish(
    bucket: string,
    temporary: string,
    fingerprint: Fingerprint,
    record: ObjectRecord,
    conditions: WriteConditions = {},
  ): StoredObject & ObjectHead {
    return this.#writer.publish(bucket, temporary, fingerprint, record, conditions);
  }

  /** Writes an object's record anew, for the version of its bytes that is there. */
  updateRecord(bucket: string, key: string, update: (record: ObjectRecord) => ObjectRecord): Promise<void> {
    return this.#writer.updateRecord(bucket, key, update);
  }

  delete(bucket: string, key: string, conditions: Pick<WriteConditions, 'ifMatch'> = {}): Promise<void> {
    return this.#writer.delete(bucket, key, conditions);
  }

  createBucket(bucket: string): Promise<void> {
    return this.#buckets.create(bucket);
  }

  bucketExists(bucket: string): Promise<boolean> {
    return this.#buckets.exists(bucket);
  }

  listBuckets(): Promise<readonly BucketSummary[]> {
    return this.#buckets.list();
  }

  /** @throws SluiceError `NoSuchBucket`, `BucketNotEmpty` */
  deleteBucket(bucket: string): Promise<void> {
    return this.#buckets.remove(bucket);
  }
}
