import { createHash } from 'node:crypto';
import { createReadStream, statfsSync } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { type Stores, unpackTar } from '../channels/index.ts';
import { clientError } from '../contract/failure-reason.ts';
import { type ArchiveSettings, DEFAULT_ARCHIVE_SETTINGS } from '../core/config.ts';
import { errorMessage, SluiceError } from '../core/errors.ts';
import type { TreePlace } from '../core/tree/index.ts';
import { parseS3Uri } from '../objects/index.ts';
import { JobFailure } from './failure.ts';
import type { Host } from './host.ts';
import { jobPlace } from './host.ts';
import type { HostContext } from './host-life.ts';

const GIB = 1024 ** 3;
/** So much of a disk stays free: a part of it, and never more than these bytes. */
const KEPT_FREE = { part: 0.05, most: GIB };

/** How to unpack an archive. */
export interface UnpackOptions {
  /** Of a .tar.gz: `s3://…` or `file://…`. */
  readonly uri: string;
  /** Made where it does not exist. Nothing is written outside of it. */
  readonly place: TreePlace;
  /** What the job calls it. */
  readonly names?: readonly string[];
  readonly stores: Stores;
  readonly signal?: AbortSignal | undefined;
  /** @default {@link DEFAULT_ARCHIVE_SETTINGS} */
  readonly settings?: ArchiveSettings | undefined;
  /** SHA-256 of the archive, hex. @default it is not held against one */
  readonly sha256?: string | undefined;
  /** Bytes. @default as the settings and the disk allow */
  readonly maxBytes?: number;
  /** Told of what is left out. */
  readonly onLeftOut?: (message: string) => void;
}

/** An archive that is larger than was allowed. */
export class ArchiveTooLarge extends Error {}

/** Where to unpack an archive for a job, or an endpoint. */
export interface UnpackForJob {
  readonly life: {
    readonly context: Pick<HostContext, 'stores' | 'configuration'>;
    readonly stopSignal: AbortSignal;
  };
  readonly host: Pick<Host, 'mlDirectory' | 'log'>;
  readonly uri: string;
  /** In the job. */
  readonly path: string;
}

/** Unpacks a .tar.gz in a job's directory; what is left out stands in its log. @throws as {@link unpackArchive} */
export async function unpackForJob({ life, host, uri, path }: UnpackForJob): Promise<void> {
  await unpackArchive({
    uri,
    place: jobPlace(host.mlDirectory, path),
    names: [path],
    stores: life.context.stores,
    signal: life.stopSignal,
    settings: life.context.configuration.archives,
    onLeftOut: (message) => host.log.note(`Warning: ${message}`),
  });
}

/**
 * Unpacks a .tar.gz; an entry that would leave the directory is an error.
 *
 * @returns how many bytes the archive has without its compression
 * @throws SluiceError `DiskFull`; JobFailure, ArchiveTooLarge
 */
export async function unpackArchive(options: UnpackOptions): Promise<number> {
  options.signal?.throwIfAborted();
  const source = await openUri(options);
  // An object that was opened is closed by who reads it, and a pipeline that is given up at once reads nothing.
  if (options.signal?.aborted) for await (const _chunk of source) break;
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  try {
    const counter = byteCounter(options, () => gunzip.bytesWritten);
    await pipeline(source, gunzip, counter, (tar: AsyncIterable<Buffer>) => unpackTar(tar, options), {
      signal: options.signal,
    });
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
function byteCounter(
  options: UnpackOptions,
  packedBytes: () => number,
): Transform & { readonly bytes: number } {
  let bytes = 0;
  const check = limitCheck(options);
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      const problem = check(bytes, packedBytes());
      if (problem) done(problem);
      else done(null, chunk);
    },
  });
  return Object.defineProperty(counter, 'bytes', { get: () => bytes }) as Transform & {
    readonly bytes: number;
  };
}

/** What is wrong with so many bytes, of so many that are packed. */
function limitCheck({
  uri,
  place,
  maxBytes,
  settings = DEFAULT_ARCHIVE_SETTINGS,
}: UnpackOptions): (bytes: number, packed: number) => Error | undefined {
  const freeBytes = spareBytes(place.root);
  const { maxUnpackedGiB, maxRatio } = settings;
  const raise = (name: string): string => `Make it smaller, or raise ${name} under archives: in sluice.yaml.`;
  return (bytes, packed) => {
    if (maxBytes !== undefined && bytes > maxBytes)
      return new ArchiveTooLarge(`The archive has more than ${maxBytes} bytes.`);
    if (bytes > freeBytes) return new SluiceError('DiskFull', `There is no room for what ${uri} unpacks to.`);
    if (maxUnpackedGiB !== undefined && bytes > maxUnpackedGiB * GIB)
      return new Error(`it unpacks to more than ${maxUnpackedGiB} GiB. ${raise('maxUnpackedGiB')}`);
    // Archives that are no bomb have parts, such as empty arrays, that are packed very small: they have room.
    if (bytes <= GIB || bytes <= packed * maxRatio) return undefined;
    return new Error(
      `it unpacks to more than 1 GiB, and to more than ${maxRatio} times of its own size. ${raise('maxRatio')}`,
    );
  };
}

/** What a disk has left for archives. */
function spareBytes(directory: string): number {
  const { bsize, blocks, bavail } = statfsSync(directory);
  return bavail * bsize - Math.min(KEPT_FREE.part * blocks * bsize, KEPT_FREE.most);
}

async function openUri({ uri, stores, signal, sha256 }: UnpackOptions): Promise<Readable> {
  if (uri.startsWith('file://')) return createReadStream(fileURLToPath(uri));
  const { bucket, key } = parseS3Uri(uri);
  const store = stores.store(bucket);
  const { etag, size } = await store.head(bucket, key);
  const { body } = await store.get(bucket, key, { ifMatch: etag, size, ...(signal && { signal }) });
  const bytes = sha256 === undefined ? await verified(key, body) : hashed(uri, sha256, body);
  return Readable.from(bytes, { objectMode: false });
}

async function* hashed(
  uri: string,
  sha256: string,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') !== sha256)
    throw new SluiceError('ChecksumMismatch', `${uri} was changed after it was written.`);
}

/** Code that was uploaded as a bundle is still what its digest says: a job may have written to the bucket since. */
async function verified(key: string, body: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const { digestOfArchive, verifiedBody } = await import('../bundles/index.ts');
  const digest = digestOfArchive(key);
  return digest === undefined ? body : verifiedBody(digest, body, {}).bytes;
}

/** A directory where the archive should be is the request's fault. */
function isSystemError(error: unknown): boolean {
  const { syscall, code } = error as NodeJS.ErrnoException;
  return typeof syscall === 'string' && code !== 'EISDIR';
}
