import { hash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import { ObjectFile } from './object-file.ts';
import { type Fingerprint, fingerprintEtag, type ListedRecord, type ObjectRecord } from './object-record.ts';

interface CachedRecord extends Fingerprint {
  readonly listed: ListedRecord;
}

/** Records that are remembered for listings; of about 300 bytes each. */
const CACHE_LIMIT = 40_000;

/** Up to here the bytes themselves tell their MD5 as fast as a record would. */
const PLAIN_BYTES = 16 * 1024;

/**
 * The files with what is known of objects beside their bytes: `<root>/<bucket>/<hash of the key>.<fingerprint>`. Such a
 * file is written before the bytes are published and fits these bytes only: whichever version of an object a crash
 * leaves, it is found with its own record. A small object of which nothing else is to be known than the MD5 of its bytes
 * has none, nor has a file that was put into the store by hand.
 */
export class Sidecars {
  readonly #root: string;
  /** By the path of the object's file. What a listing shows of a version never changes. */
  readonly #listed = new Map<string, CachedRecord>();

  constructor(root: string) {
    this.#root = root;
  }

  /** What is known of an open object. Without awaiting: a record is small. */
  of(bucket: string, key: string, file: ObjectFile): ObjectRecord {
    return this.#read(bucket, key, file.fingerprint) ?? { key, etag: this.#plainEtag(file) };
  }

  /** What a listing shows of the version of an object that lies at `path`. */
  listed(bucket: string, key: string, path: string, fingerprint: Fingerprint): ListedRecord {
    return (
      this.#remembered(path, fingerprint) ??
      this.#remember(
        path,
        fingerprint,
        this.#read(bucket, key, fingerprint) ?? { key, etag: etagAt(path, fingerprint) },
      )
    );
  }

  #read(bucket: string, key: string, fingerprint: Fingerprint): ObjectRecord | undefined {
    const path = this.#path(bucket, key, fingerprint);
    // An exception costs more than looking.
    if (!existsSync(path)) return undefined;
    try {
      const record = JSON.parse(readFileSync(path, 'utf8')) as ObjectRecord;
      return record.key === key ? record : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  #plainEtag(file: ObjectFile): string {
    return this.#remembered(file.path, file.fingerprint)?.etag ?? plainEtag(file);
  }

  #remembered(path: string, { size, mtimeNs }: Fingerprint): ListedRecord | undefined {
    const cached = this.#listed.get(path);
    return cached?.size === size && cached.mtimeNs === mtimeNs ? cached.listed : undefined;
  }

  #remember(file: string, { size, mtimeNs }: Fingerprint, record: ObjectRecord): ListedRecord {
    const listed = listedRecord(record);
    if (this.#listed.size >= CACHE_LIMIT) this.#listed.clear();
    this.#listed.set(file, { size, mtimeNs, listed });
    return listed;
  }

  /**
   * The record of a version that is not published yet: nobody looks for it before. `file` is where the version will lie.
   */
  write(bucket: string, record: ObjectRecord, fingerprint: Fingerprint, file: string): void {
    if (!isPlain(record, fingerprint)) this.#write(this.#path(bucket, record.key, fingerprint), record);
    this.#remember(file, fingerprint, record);
  }

  #write(path: string, record: ObjectRecord): void {
    const text = JSON.stringify(record);
    try {
      writeFileSync(path, text);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') {
        rmSync(path, { force: true });
        throw error;
      }
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }

  /** Another record for a version that is published. */
  replace(bucket: string, record: ObjectRecord, fingerprint: Fingerprint, temporary: string): void {
    const path = this.#path(bucket, record.key, fingerprint);
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(temporary, JSON.stringify(record));
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  remove(bucket: string, key: string, fingerprint: Fingerprint): void {
    try {
      unlinkSync(this.#path(bucket, key, fingerprint));
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    }
  }

  /** Forgets all records of a bucket. */
  async removeBucket(bucket: string): Promise<void> {
    await rm(join(this.#root, bucket), { recursive: true, force: true });
  }

  #path(bucket: string, key: string, { size, mtimeNs }: Fingerprint): string {
    const digest = hash('sha256', key);
    const name = `${digest.slice(2, 34)}.${size.toString(36)}.${mtimeNs.toString(36)}`;
    return `${this.#root}/${bucket}/${digest.slice(0, 2)}/${name}`;
  }
}

function listedRecord({ etag, headers, checksum }: ObjectRecord): ListedRecord {
  const storageClass = headers?.['x-amz-storage-class'];
  return {
    etag,
    ...(storageClass !== undefined && { storageClass }),
    ...(checksum && { checksum: { algorithm: checksum.algorithm, type: checksum.type ?? 'FULL_OBJECT' } }),
  };
}

/** True where the bytes say all there is to know: a record would tell their MD5 alone. */
function isPlain(record: ObjectRecord, { size }: Fingerprint): boolean {
  if (size > PLAIN_BYTES || !/^"[0-9a-f]{32}"$/.test(record.etag)) return false;
  return Object.entries(record).every(([name, value]) => name === 'key' || name === 'etag' || isEmpty(value));
}

function isEmpty(value: object | string | undefined): boolean {
  return value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
}

function etagAt(path: string, fingerprint: Fingerprint): string {
  using file = ObjectFile.open(path);
  const same =
    file?.fingerprint.size === fingerprint.size && file.fingerprint.mtimeNs === fingerprint.mtimeNs;
  return same ? plainEtag(file) : `"${fingerprintEtag(fingerprint)}"`;
}

/**
 * The ETag of a file without a record: its MD5. Of a long one, whose MD5 would take long, it is of its fingerprint, in the
 * form of a multipart ETag, so that nobody takes it for an MD5.
 */
function plainEtag(file: ObjectFile): string {
  const { size } = file.fingerprint;
  if (size > PLAIN_BYTES) return `"${fingerprintEtag(file.fingerprint)}"`;
  const bytes = Buffer.allocUnsafe(Number(size));
  let done = 0;
  for (let read = -1; read !== 0 && done < bytes.length; done += read)
    read = file.readNow(bytes.subarray(done), done);
  return `"${hash('md5', bytes.subarray(0, done))}"`;
}
