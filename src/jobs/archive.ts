import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
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

/** Unpacks a .tar.gz; an entry that would leave the directory is an error. @throws SluiceError, JobFailure */
export async function unpackArchive(options: UnpackOptions): Promise<void> {
  const source = await openUri(options.uri, options.stores, options.signal);
  await mkdir(options.directory, { recursive: true });
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  try {
    await pipeline(source, gunzip, unpackTar(options.directory), { signal: options.signal });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof SluiceError || isSystemError(error)) throw error;
    throw new JobFailure(
      clientError(
        `Expected a tar.gz archive that stays within its directory: ${options.uri}: ${errorMessage(error)}`,
      ),
      error,
    );
  }
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
