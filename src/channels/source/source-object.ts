import { createReadStream } from 'node:fs';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { filePath, showFileName } from '../../core/file-name.ts';
import { formatS3Uri } from '../../objects/index.ts';
import type { Stores } from '../channel.ts';

/** One object of a channel. Plain data, so that it can be listed, spilled and sent to a thread. */
export interface SourceObject {
  /** Its place in the channel's directory: components between slashes, never leaving it. */
  readonly name: string;
  /** Bytes, where the listing tells. */
  readonly size?: number;
  /** Absolute path of a file of this machine that holds it, as `decodeFileName` makes it. */
  readonly file?: string;
  /** Where it lies in an object store. */
  readonly bucket?: string;
  readonly key?: string;
  /** Bytes that are no object: an attribute of an augmented manifest. */
  readonly text?: string;
  /** In quotes; pins the version that was listed. */
  readonly etag?: string;
}

/** How an object is named in messages. */
export function objectUri(object: SourceObject): string {
  const { bucket, key, file } = object;
  return bucket === undefined
    ? `file://${showFileName(file ?? '')}`
    : formatS3Uri({ bucket, key: key ?? '' });
}

/** A part of an object. */
export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** Bytes that are read from a file at once. */
const PIECE_BYTES = 1024 * 1024;

/** The bytes of an object. @throws SluiceError that names the object. */
export async function* readObject(
  object: SourceObject,
  stores: Stores,
  signal?: AbortSignal,
  range?: ByteRange,
): AsyncGenerator<Uint8Array> {
  if (object.text !== undefined) {
    yield Buffer.from(object.text);
    return;
  }
  try {
    if (object.file !== undefined)
      yield* createReadStream(filePath(object.file), { ...range, highWaterMark: PIECE_BYTES, signal });
    else yield* await openObject(object, stores, signal, range);
  } catch (error) {
    signal?.throwIfAborted();
    throw objectError(error, object);
  }
}

async function openObject(
  { bucket = '', key = '', etag, size }: SourceObject,
  stores: Stores,
  signal: AbortSignal | undefined,
  range: ByteRange | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  const { body } = await stores.store(bucket).get(bucket, key, {
    ...(range && { range }),
    ...(etag !== undefined && { ifMatch: etag }),
    ...(size !== undefined && { size }),
    ...(signal && { signal }),
  });
  return body;
}

const fileErrors = {
  ENOENT: ['NoSuchKey', 'does not exist (any more)'],
  EACCES: ['AccessDenied', 'cannot be read: permission denied'],
  EPERM: ['AccessDenied', 'cannot be read: permission denied'],
  ENOSPC: ['DiskFull', 'cannot be written: the file system has no room left'],
  EDQUOT: ['DiskFull', 'cannot be written: the disk quota is used up'],
} as const;

/** A system's error in an object's name; one of our own, which names it already, as it is. */
export function objectError(error: unknown, object: SourceObject): unknown {
  const code = systemErrorCode(error);
  if (error instanceof SluiceError || code === undefined || !Object.hasOwn(fileErrors, code)) return error;
  const [own, what] = fileErrors[code as keyof typeof fileErrors];
  return new SluiceError(own, `${objectUri(object)} ${what}.`, { cause: error });
}
