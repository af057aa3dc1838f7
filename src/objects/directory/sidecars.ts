import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import type { ObjectRecord } from './object-record.ts';

/** What tells one version of a file from every other: its size and its time of change, which the store makes unique. */
export interface Fingerprint {
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/**
 * The files with what is known of objects beside their bytes: `<root>/<bucket>/<hash of the key>.<fingerprint>`. Such a
 * file is written before the bytes are published and fits these bytes only: whichever version of an object a crash
 * leaves, it is found with its own record. A file that was put into the store by hand has none.
 */
export class Sidecars {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Without awaiting: a record is small, and listings read many. */
  read(bucket: string, key: string, fingerprint: Fingerprint): ObjectRecord | undefined {
    try {
      const record = JSON.parse(readFileSync(this.#path(bucket, key, fingerprint), 'utf8')) as ObjectRecord;
      return record.key === key ? record : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async write(
    bucket: string,
    record: ObjectRecord,
    fingerprint: Fingerprint,
    temporary: string,
  ): Promise<void> {
    const path = this.#path(bucket, record.key, fingerprint);
    const text = JSON.stringify(record);
    try {
      await writeFile(temporary, text);
      await rename(temporary, path).catch(async (error: unknown) => {
        if (systemErrorCode(error) !== 'ENOENT') throw error;
        await mkdir(dirname(path), { recursive: true });
        await rename(temporary, path);
      });
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async remove(bucket: string, key: string, fingerprint: Fingerprint): Promise<void> {
    await rm(this.#path(bucket, key, fingerprint), { force: true });
  }

  /** Forgets all records of a bucket. */
  async removeBucket(bucket: string): Promise<void> {
    await rm(join(this.#root, bucket), { recursive: true, force: true });
  }

  #path(bucket: string, key: string, { size, mtimeNs }: Fingerprint): string {
    const hash = createHash('sha256').update(key).digest('hex');
    const name = `${hash.slice(2, 34)}.${size.toString(36)}.${mtimeNs.toString(36)}`;
    return join(this.#root, bucket, hash.slice(0, 2), name);
  }
}

/** The ETag of a file without a record: of its fingerprint, in the form of a multipart ETag, so that nobody takes it for an MD5. */
export function fingerprintEtag({ size, mtimeNs }: Fingerprint): string {
  return `"${createHash('md5').update(`${size}.${mtimeNs}`).digest('hex')}-1"`;
}
