import { randomUUID } from 'node:crypto';
import { renameSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../../core/errors.ts';
import { makeDirectories } from '../../core/make-directories.ts';
import type { StagedOutput } from '../../core/staged-output.ts';
import { formatS3Uri, parseS3Uri } from '../s3-uri.ts';
import type { ObjectBody, StageOptions } from '../store.ts';
import { type Fingerprint, fingerprintEtag, type ObjectRecord } from './object-record.ts';
import { discard } from './publish.ts';
import { writeBody } from './write-body.ts';

/** `<owner>/<random>.<ETag>` */
const ID = /^[\w.-]*\w\/[0-9a-f-]{36}\.([0-9a-f]{32}(?:-1)?)$/;

/** From here on AWS's clients upload in parts, and an ETag is no MD5 there either: none is made, which saves most of the time. */
const LONG_BYTES = 8 * 1024 * 1024;

/** The store whose objects are staged. */
export interface StagingStore {
  internal(name: string): string;
  temporaryPath(): string;
  head(bucket: string, key: string): Promise<unknown>;
  publish(bucket: string, temporary: string, fingerprint: Fingerprint, record: ObjectRecord): unknown;
}

/** Objects that wait to be published: files on the store's file system, in a directory for each owner. */
export class StagedObjects {
  readonly #store: StagingStore;
  readonly #root: string;

  constructor(store: StagingStore) {
    this.#store = store;
    this.#root = store.internal('staged');
  }

  async stage(
    bucket: string,
    key: string,
    body: ObjectBody,
    { owner, size, signal }: StageOptions,
  ): Promise<StagedOutput> {
    const temporary = this.#store.temporaryPath();
    try {
      const hashed = (size ?? 0) < LONG_BYTES;
      const written = await writeBody(temporary, body, { size, signal, hashed });
      const etag = hashed ? written.md5.toString('hex') : fingerprintEtag(written.fingerprint);
      const id = `${owner}/${randomUUID()}.${etag}`;
      makeDirectories(join(this.#root, owner), 0o700);
      renameSync(temporary, this.#path(id));
      return { uri: formatS3Uri({ bucket, key }), bytes: written.size, id };
    } catch (error) {
      discard(temporary);
      throw error;
    }
  }

  /** Gives a staged object its key, by a rename. */
  async publish({ uri, id }: StagedOutput): Promise<void> {
    const { bucket, key } = parseS3Uri(uri);
    const path = this.#path(id);
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stats) {
      // Somebody has published it before. Whether another one has taken its place since is not asked.
      await this.#store.head(bucket, key);
      return;
    }
    const record = { key, etag: `"${ID.exec(id)?.[1]}"` };
    this.#store.publish(bucket, path, { size: stats.size, mtimeNs: stats.mtimeNs }, record);
  }

  async discard(owner: string): Promise<void> {
    await rm(join(this.#root, owner), { recursive: true, force: true });
  }

  #path(id: string): string {
    if (ID.test(id)) return join(this.#root, id);
    throw new SluiceError('InternalError', `'${id}' is no staged object.`);
  }
}
