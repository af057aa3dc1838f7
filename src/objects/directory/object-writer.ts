import type { ObjectBody, ObjectHead } from '../store.ts';
import { checkKey } from './key-path.ts';
import type { Fingerprint, ObjectRecord, StoredObject } from './object-record.ts';
import { discard, publishFile, unpublishFile } from './publish.ts';
import { writeError } from './store-errors.ts';
import type { StoreFiles } from './store-files.ts';
import { asHead, recordOf, stored } from './stored-object.ts';
import { type WrittenBody, writeBody } from './write-body.ts';
import { checkConditions, preconditionFailed, type WriteConditions } from './write-conditions.ts';

/** How to write an object. */
export interface WriteOptions extends WriteConditions {
  /** What to record; called once the whole body was read. May refuse it by throwing. */
  readonly record?: (written: WrittenBody) => Omit<ObjectRecord, 'key' | 'etag'>;
  /** Bytes, where known. */
  readonly size?: number;
  readonly signal?: AbortSignal;
}

/** Makes, changes and removes the objects of a directory store. */
export class ObjectWriter {
  readonly #files: StoreFiles;

  constructor(files: StoreFiles) {
    this.#files = files;
  }

  /** Writes an object with all that S3 records of an object. */
  async write(
    bucket: string,
    key: string,
    body: ObjectBody,
    options: WriteOptions = {},
  ): Promise<StoredObject & ObjectHead> {
    checkKey(key);
    this.#files.checkBucket(bucket);
    const temporary = this.#files.temporary.path();
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
    this.#files.checkBucket(bucket);
    const places = this.#files.places.of(bucket, key);
    const before = this.#files.places.find(places);
    checkConditions(bucket, key, before && this.#files.etag(bucket, key, before), conditions);
    const path = places.plain ?? places.encoded;
    this.#files.sidecars.write(bucket, record, fingerprint, path);
    const exclusive = conditions.ifNoneMatch === '*';
    if (!publishFile(temporary, places, this.#files.places.bucket(bucket), exclusive))
      throw preconditionFailed(bucket, key, 'exists', 'If-None-Match');
    if (before) this.#files.sidecars.remove(bucket, key, before.fingerprint);
    return asHead(stored(record, fingerprint, path));
  }

  /** Writes an object's record anew, for the version of its bytes that is there. */
  async updateRecord(
    bucket: string,
    key: string,
    update: (record: ObjectRecord) => ObjectRecord,
  ): Promise<void> {
    const { file, ...object } = this.#files.open(bucket, key);
    using _ = file;
    this.#files.sidecars.replace(
      bucket,
      update(recordOf(object)),
      file.fingerprint,
      this.#files.temporary.path(),
    );
  }

  async delete(
    bucket: string,
    key: string,
    conditions: Pick<WriteConditions, 'ifMatch'> = {},
  ): Promise<void> {
    checkKey(key);
    this.#files.checkBucket(bucket);
    const places = this.#files.places.of(bucket, key);
    const before = this.#files.places.find(places);
    if (!before) return;
    checkConditions(bucket, key, this.#files.etag(bucket, key, before), conditions);
    unpublishFile(this.#files.places, bucket, places);
    this.#files.sidecars.remove(bucket, key, before.fingerprint);
  }
}

function sizeOf(body: ObjectBody): number | undefined {
  return body instanceof Uint8Array ? body.length : undefined;
}
