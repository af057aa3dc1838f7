import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { mapAtOnce } from '../../core/for-each-at-once.ts';
import type { ObjectBody, ObjectHead } from '../store.ts';
import { sortByBytes } from './byte-order.ts';
import { combineChecksums, type UploadChecksum } from './combine-checksums.ts';
import { concatenate } from './concatenate.ts';
import type { DirectoryStore } from './directory-store.ts';
import { checkKey } from './key-path.ts';
import type { ObjectChecksum, ObjectRecord, StoredObject } from './object-record.ts';
import { discard } from './publish.ts';
import {
  type ChosenPart,
  chooseParts,
  nameOf,
  partName,
  partPrefix,
  partsEtag,
  readPart,
  recordPart,
  type UploadedPart,
} from './upload-parts.ts';
import { writeBody } from './write-body.ts';
import type { WriteConditions } from './write-conditions.ts';

/** Small files that are read at the same time. */
const READ_AT_ONCE = 32;

/** What is known of an upload from its start. */
export interface MultipartUpload extends UploadChecksum {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
  /** For the object to come. */
  readonly record: Pick<ObjectRecord, 'headers' | 'metadata' | 'tags'>;
}

/** How an upload is completed. */
export interface CompleteOptions extends WriteConditions {
  /** What the object's checksum has to be. */
  readonly expected?: ObjectChecksum;
}

/**
 * Multipart uploads of a directory store. A part is one file, whose name holds all that is known of it, so that it is
 * there whole or not at all: `<number>.<MD5>.<size>[.<checksum>]`.
 */
export class MultipartUploads {
  readonly #store: DirectoryStore;

  constructor(store: DirectoryStore) {
    this.#store = store;
  }

  async create(bucket: string, upload: Omit<MultipartUpload, 'id' | 'initiated'>): Promise<MultipartUpload> {
    checkKey(upload.key);
    await this.#checkBucket(bucket);
    const created = { ...upload, id: randomBytes(24).toString('hex'), initiated: new Date() };
    const directory = this.#directory(bucket, created.id);
    await mkdir(directory, { recursive: true });
    const temporary = this.#store.temporaryPath();
    await writeFile(temporary, JSON.stringify(created));
    await rename(temporary, join(directory, 'upload.json'));
    return created;
  }

  /** @throws SluiceError `NoSuchUpload` */
  async get(bucket: string, key: string, id: string): Promise<MultipartUpload> {
    const upload = /^[0-9a-f]{48}$/.test(id) ? await this.#read(bucket, id) : undefined;
    if (upload?.key === key) return upload;
    throw new SluiceError('NoSuchUpload', `There is no upload '${id}' of s3://${bucket}/${key}.`, {
      details: { uploadId: id },
    });
  }

  /** The object of an upload that was completed with these parts, as long as it is there. */
  async completed(
    bucket: string,
    key: string,
    id: string,
    chosen: readonly ChosenPart[],
  ): Promise<(StoredObject & ObjectHead) | undefined> {
    const object = await this.#store.head(bucket, key).catch((error: unknown) => {
      if (error instanceof SluiceError && error.code === 'NoSuchKey') return undefined;
      throw error;
    });
    return object?.uploadId === id && object.etag === partsEtag(chosen) ? object : undefined;
  }

  /** Uploads by key, then by time. */
  async list(bucket: string): Promise<readonly MultipartUpload[]> {
    await this.#checkBucket(bucket);
    const ids = await readdir(this.#directory(bucket, '')).catch(noneWhenAbsent);
    const uploads = (await mapAtOnce(ids, READ_AT_ONCE, (id) => this.#read(bucket, id))).filter(
      (upload) => upload !== undefined,
    );
    const keys = sortByBytes([...new Set(uploads.map(({ key }) => key))]);
    const byTime = uploads.sort((a, b) => a.initiated.getTime() - b.initiated.getTime());
    return keys.flatMap((key) => byTime.filter((upload) => upload.key === key));
  }

  /** Takes a part in; one of the same number is replaced. `finish` may refuse it, and gives its checksum. */
  async putPart(
    bucket: string,
    upload: MultipartUpload,
    number: number,
    body: ObjectBody,
    finish: (md5: Buffer) => string | undefined,
    expectedSize?: number,
  ): Promise<UploadedPart> {
    const temporary = this.#store.temporaryPath();
    try {
      const { md5, size } = await writeBody(temporary, body, { size: expectedSize });
      const checksum = finish(md5);
      const name = partName(number, md5, size, checksum);
      const directory = this.#directory(bucket, upload.id);
      await rename(temporary, join(directory, name)).catch((error: unknown) => {
        if (systemErrorCode(error) !== 'ENOENT') throw error;
        throw new SluiceError('NoSuchUpload', `The upload '${upload.id}' has ended meanwhile.`, {
          details: { uploadId: upload.id },
        });
      });
      await this.#removeOthers(directory, number, name);
      const lastModified = new Date();
      return {
        number,
        size,
        etag: `"${md5.toString('hex')}"`,
        lastModified,
        ...(checksum !== undefined && { checksum }),
      };
    } catch (error) {
      discard(temporary);
      throw error;
    }
  }

  /** Parts by number. */
  async parts(bucket: string, upload: MultipartUpload): Promise<readonly UploadedPart[]> {
    const directory = this.#directory(bucket, upload.id);
    const names = (await readdir(directory)).filter((name) => name !== 'upload.json');
    const parts = await mapAtOnce(names, READ_AT_ONCE, async (name) =>
      readPart(name, (await stat(join(directory, name))).mtime),
    );
    const latest = new Map<number, UploadedPart>();
    for (const part of parts.sort((a, b) => a.lastModified.getTime() - b.lastModified.getTime()))
      latest.set(part.number, part);
    return [...latest.values()].sort((a, b) => a.number - b.number);
  }

  /**
   * Puts the parts together to the object.
   *
   * @throws SluiceError `InvalidPart`, `ChecksumMismatch`, `PreconditionFailed`, `NoSuchKey`
   */
  async complete(
    bucket: string,
    upload: MultipartUpload,
    chosen: readonly ChosenPart[],
    { expected, ...conditions }: CompleteOptions = {},
  ): Promise<StoredObject & ObjectHead> {
    const parts = chooseParts(upload.id, await this.parts(bucket, upload), chosen);
    const checksum = await combineChecksums(upload, parts);
    if (
      expected &&
      checksum &&
      expected.algorithm === checksum.algorithm &&
      expected.value !== checksum.value
    ) {
      throw new SluiceError(
        'ChecksumMismatch',
        `s3://${bucket}/${upload.key}: its parts do not fit the checksum ${expected.value}.`,
      );
    }
    const temporary = this.#store.temporaryPath();
    try {
      const fingerprint = await concatenate(
        temporary,
        parts.map((part) => join(this.#directory(bucket, upload.id), nameOf(part))),
      );
      const record = {
        key: upload.key,
        etag: partsEtag(parts),
        ...upload.record,
        ...(checksum && { checksum }),
        parts: parts.map(recordPart),
        uploadId: upload.id,
      };
      const object = this.#store.publish(bucket, temporary, fingerprint, record, conditions);
      await this.abort(bucket, upload);
      return object;
    } catch (error) {
      discard(temporary);
      throw error;
    }
  }

  async abort(bucket: string, upload: MultipartUpload): Promise<void> {
    await rm(this.#directory(bucket, upload.id), { recursive: true, force: true });
  }

  async #removeOthers(directory: string, number: number, name: string): Promise<void> {
    const others = (await readdir(directory)).filter(
      (other) => other !== name && other.startsWith(partPrefix(number)),
    );
    for (const other of others) await rm(join(directory, other), { force: true });
  }

  async #read(bucket: string, id: string): Promise<MultipartUpload | undefined> {
    try {
      const text = await readFile(join(this.#directory(bucket, id), 'upload.json'), 'utf8');
      const upload = JSON.parse(text) as Omit<MultipartUpload, 'initiated'> & { readonly initiated: string };
      return { ...upload, initiated: new Date(upload.initiated) };
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #checkBucket(bucket: string): Promise<void> {
    if (await this.#store.bucketExists(bucket)) return;
    throw new SluiceError('NoSuchBucket', `There is no bucket '${bucket}'.`, { details: { bucket } });
  }

  #directory(bucket: string, id: string): string {
    return join(this.#store.internal('uploads'), bucket, id);
  }
}

function noneWhenAbsent(error: unknown): never[] {
  if (systemErrorCode(error) === 'ENOENT') return [];
  throw error;
}
