import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { unpackTar } from 'modern-tar/fs';
import type { Stores } from '../channels/index.ts';
import { clientError } from '../contract/failure-reason.ts';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { parseS3Uri } from '../objects/s3-uri.ts';
import { JobFailure } from './failure.ts';

/** How to unpack an archive. */
export interface UnpackOptions {
  /** Of a .tar.gz: `s3://…` or `file://…`. */
  readonly uri: string;
  /** Made where it does not exist. Nothing is written outside of it. */
  readonly directory: string;
  readonly stores: Stores;
  readonly signal?: AbortSignal | undefined;
}

/** An archive that is larger than was allowed. */
export class ArchiveTooLarge extends Error {}

/** Unpacks a .tar.gz; an entry that would leave the directory is an error. @throws SluiceError, JobFailure */
export async function unpackArchive(options: UnpackOptions): Promise<void> {
  await unpackLimited({ ...options, maxBytes: Number.POSITIVE_INFINITY });
}

/**
 * As {@link unpackArchive}, but not more than so many bytes.
 *
 * @returns how many bytes the archive has without its compression
 * @throws SluiceError, JobFailure, ArchiveTooLarge
 */
export async function unpackLimited(options: UnpackOptions & { readonly maxBytes: number }): Promise<number> {
  await mkdir(options.directory, { recursive: true });
  options.signal?.throwIfAborted();
  const source = await openUri(options.uri, options.stores, options.signal);
  // An object that was opened is closed by who reads it, and a pipeline that is given up at once reads nothing.
  if (options.signal?.aborted) for await (const _chunk of source) break;
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  try {
    const counter = byteCounter(options.maxBytes);
    await pipeline(source, gunzip, counter, unpackTar(options.directory), { signal: options.signal });
    return counter.bytes;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof SluiceError || error instanceof ArchiveTooLarge || isSystemError(error)) throw error;
    throw new JobFailure(
      clientError(
        `Expected a tar.gz archive that stays within its directory: ${options.uri}: ${errorMessage(error)}`,
      ),
      error,
    );
  }
}

/** Passes bytes on for as long as they are not too many. */
function byteCounter(maxBytes: number): Transform & { readonly bytes: number } {
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new ArchiveTooLarge(`The archive has more than ${maxBytes} bytes.`));
      else done(null, chunk);
    },
  });
  return Object.defineProperty(counter, 'bytes', { get: () => bytes }) as Transform & {
    readonly bytes: number;
  };
}

async function openUri(uri: string, stores: Stores, signal: AbortSignal | undefined): Promise<Readable> {
  if (uri.startsWith('file://')) return createReadStream(fileURLToPath(uri));
  const { bucket, key } = parseS3Uri(uri);
  const { body } = await stores.store(bucket).get(bucket, key, signal ? { signal } : {});
  return Readable.from(body, { objectMode: false });
}

function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
