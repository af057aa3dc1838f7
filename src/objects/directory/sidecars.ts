import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import type { ListedRecord, ObjectRecord } from './object-record.ts';

/** What tells one version of a file from every other: its size and its time of change, which the store makes unique. */
export interface Fingerprint {
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

interface CachedRecord extends Fingerprint {
  readonly listed: ListedRecord;
}

/** Records that are remembered for listings; of about 300 bytes each. */
const CACHE_LIMIT = 40_000;

/**
 * The files with what is known of objects beside their bytes: `<root>/<bucket>/<hash of the key>.<fingerprint>`. Such a
 * file is written before the bytes are published and fits these bytes only: whichever version of an object a crash
 * leaves, it is found with its own record. A file that was put into the store by hand has none.
 */
export class Sidecars {
  readonly #root: string;
  /** By the path of the object's file. What a listing shows of a version never changes. */
  readonly #listed = new Map<string, CachedRecord>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Without awaiting: a record is small. */
  read(bucket: string, key: string, fingerprint: Fingerprint): ObjectRecord | undefined {
    try {
      const record = JSON.parse(readFileSync(this.#path(bucket, key, fingerprint), 'utf8')) as ObjectRecord;
      return record.key === key ? record : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** What a listing shows of the version of an object that lies in `file`. */
  listed(bucket: string, key: string, file: string, fingerprint: Fingerprint): ListedRecord {
    const cached = this.#listed.get(file);
    if (cached && cached.size === fingerprint.size && cached.mtimeNs === fingerprint.mtimeNs)
      return cached.listed;
    const record = this.read(bucket, key, fingerprint) ?? { key, etag: fingerprintEtag(fingerprint) };
    return this.#remember(file, fingerprint, record);
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
    const path = this.#path(bucket, record.key, fingerprint);
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
    this.#remember(file, fingerprint, record);
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
    const hash = createHash('sha256').update(key).digest('hex');
    const name = `${hash.slice(2, 34)}.${size.toString(36)}.${mtimeNs.toString(36)}`;
    return `${this.#root}/${bucket}/${hash.slice(0, 2)}/${name}`;
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

/** The ETag of a file without a record: of its fingerprint, in the form of a multipart ETag, so that nobody takes it for an MD5. */
export function fingerprintEtag({ size, mtimeNs }: Fingerprint): string {
  return `"${createHash('md5').update(`${size}.${mtimeNs}`).digest('hex')}-1"`;
}
