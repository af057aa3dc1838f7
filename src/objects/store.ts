import type { StagedOutput } from '../core/staged-output.ts';
import type { ChecksumAlgorithm } from './checksums/checksum.ts';
import type { S3StoreOptions } from './s3/s3-options.ts';
import type { OpenUpload } from './upload-journal.ts';

/**
 * An object store: buckets of keys, as S3 has them. `directory/` keeps plain files, `s3/` speaks to any S3
 * endpoint; both pass `test/conformance/object-store.ts`.
 */
export interface ObjectStore {
  readonly kind: 'directory' | 's3';
  /** Keys in UTF-8 byte order, as S3 lists them; a stream, whatever their number. `prefix` is a raw string prefix. */
  list(bucket: string, options?: ListOptions): AsyncIterable<ObjectSummary>;
  /** @throws SluiceError `NoSuchKey`, `NoSuchBucket` */
  head(bucket: string, key: string): Promise<ObjectHead>;
  /**
   * The object's bytes, or a range of them. `ifMatch` pins the ETag: an object that has changed since is an error.
   *
   * @throws SluiceError `NoSuchKey`, `NoSuchBucket`, `PreconditionFailed`, `InvalidRange`
   */
  get(bucket: string, key: string, options?: GetOptions): Promise<ObjectContent>;
  /** Writes a whole object; it is visible whole or not at all. */
  put(bucket: string, key: string, body: ObjectBody, options?: PutOptions): Promise<ObjectHead>;
  /** Writes a whole object that no list and no head shows before it is published. */
  stage(bucket: string, key: string, body: ObjectBody, options: StageOptions): Promise<StagedOutput>;
  /**
   * Gives a staged object its key, without a copy. May be done again.
   *
   * @throws SluiceError `NoSuchKey`, `NoSuchUpload` where it is gone, and nothing has its key
   */
  publishStaged(staged: StagedOutput): Promise<void>;
  /** Removes what is not to be published: the objects given and, where the store can tell, all others of the owner. */
  discardStaged(owner: string, staged: readonly OpenUpload[]): Promise<void>;
  /** Removes an object; one that does not exist is not an error. */
  delete(bucket: string, key: string): Promise<void>;
  createBucket(bucket: string): Promise<void>;
  /** @throws SluiceError `NoSuchBucket`, `BucketNotEmpty` */
  deleteBucket(bucket: string): Promise<void>;
  bucketExists(bucket: string): Promise<boolean>;
  /** By name. */
  listBuckets(): Promise<readonly BucketSummary[]>;
  /**
   * Brings many objects into files, several at once. Each file is whole or absent; the directories above are made.
   *
   * @throws SluiceError `NoSuchKey`, `AccessDenied`, `PreconditionFailed`, `DiskFull`, … naming the object; what was not
   *   finished then is removed, what was stays.
   */
  download(bucket: string, items: DownloadItems, options?: DownloadOptions): Promise<void>;
  /**
   * Begins to hold the bytes of one version of an object, which are read in ranges, against the checksum that the store
   * gives for the whole. Undefined where it gives none; absent where bytes do not travel.
   *
   * @throws SluiceError `NoSuchKey`, `PreconditionFailed`, `StoreUnavailable`
   */
  openVerifier?(bucket: string, key: string, version: ObjectVersion): Promise<ObjectVerifier | undefined>;
  /** One level of the tree that `/` makes of the keys. Absent: {@link listLevel} does it with `list`. */
  listLevel?(bucket: string, options: LevelOptions): AsyncIterable<LevelEntry>;
  /** Where the objects are files of this machine. */
  readonly local?: LocalObjects;
  /** From which another process opens the same store; may hold secrets. Absent where none can. */
  readonly opening?: StoreOpening | undefined;
}

/** A version of an object as it was listed. */
export interface ObjectVersion {
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly signal?: AbortSignal | undefined;
}

/** Takes an object's bytes in their order, each once. */
export interface ObjectVerifier {
  update(bytes: Uint8Array): void;
  /** To be called once, after the last byte. @throws SluiceError `ChecksumMismatch` */
  end(): Promise<void>;
}

/** Plain data from which `openStore` makes a store. */
export type StoreOpening =
  | { readonly kind: 'directory'; readonly root: string }
  | { readonly kind: 's3'; readonly options: S3StoreOptions };

/** Which level to list. */
export interface LevelOptions {
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  /** How many entries are wanted: saves the store from listing more. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** An object directly below a prefix, or all the keys below it that go on with the same name and a `/`. */
export type LevelEntry =
  | { readonly object: ObjectSummary }
  /** Ends in `/`. */
  | { readonly prefix: string };

/** Objects that can be read, mounted or spliced as files, without a copy. They are replaced, never altered in place. */
export interface LocalObjects {
  /** The path of the object's file. @throws SluiceError `NoSuchKey`, `NoSuchBucket` */
  file(bucket: string, key: string): Promise<string>;
  /**
   * The directory that holds exactly the objects under a prefix that is empty or ends in `/`. Undefined where there is
   * no such directory or some of the objects lie elsewhere (keys that are no plain paths).
   */
  directory(bucket: string, prefix: string): Promise<string | undefined>;
}

/** An object and the file to bring it into. */
export interface DownloadItem {
  readonly key: string;
  /** Absolute. */
  readonly path: string;
  /** Bytes, as listed: saves asking. */
  readonly size?: number;
  /** As listed: the object must still be this one. */
  readonly etag?: string;
}

export type DownloadItems = AsyncIterable<DownloadItem> | Iterable<DownloadItem>;

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  /** Called as bytes arrive; of bytes that had to be read twice, once. */
  readonly onBytes?: (bytes: number) => void;
  /** Called when a file is whole. */
  readonly onObject?: (item: DownloadItem) => void;
}

export type ObjectBody = Uint8Array | string | AsyncIterable<Uint8Array>;

/** A bucket of a store. */
export interface BucketSummary {
  readonly name: string;
  readonly created: Date;
}

export interface ListOptions {
  readonly prefix?: string;
  /** Exclusive. */
  readonly startAfter?: string;
  /** Wants the ETag of each object, where that costs something. @default false */
  readonly withEtag?: boolean;
  readonly signal?: AbortSignal;
}

export interface ObjectSummary {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** In quotes, as S3 sends it. May be absent in listings of the directory store (it costs a read). */
  readonly etag?: string;
  readonly lastModified: Date;
  /** Where a store knows it. @default 'STANDARD' */
  readonly storageClass?: string;
  /** The kind of its checksum, where a store knows it. */
  readonly checksum?: {
    readonly algorithm: ChecksumAlgorithm;
    readonly type: 'FULL_OBJECT' | 'COMPOSITE';
  };
  /** Absolute path of the object's own file, where the store keeps it on this machine. */
  readonly file?: string;
}

export interface ObjectHead {
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
  readonly contentType?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface GetOptions {
  /** Inclusive, as in HTTP; `end` absent reads to the end. */
  readonly range?: { readonly start: number; readonly end?: number };
  readonly ifMatch?: string;
  /** Bytes of the whole object, as listed: an object of another size is an error. */
  readonly size?: number;
  readonly signal?: AbortSignal;
}

export interface ObjectContent extends ObjectHead {
  readonly body: AsyncIterable<Uint8Array>;
}

/** How to stage an object. */
export interface StageOptions {
  /** Whose it is: letters, digits, `-` and `.` */
  readonly owner: string;
  /** Bytes, where known. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PutOptions {
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** `*`: there must be no object yet. @throws SluiceError `PreconditionFailed` */
  readonly ifNoneMatch?: '*';
  /** The object that is replaced must have this ETag. @throws SluiceError `PreconditionFailed`, `NoSuchKey` */
  readonly ifMatch?: string;
  /** Bytes, where known: decides between one request and several. */
  readonly size?: number;
  readonly signal?: AbortSignal;
}
