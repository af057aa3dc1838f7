import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ArchiveError, readTar, type TarEntry } from '../channels/index.ts';
import { errorMessage, SluiceError, systemErrorCode } from '../core/errors.ts';
import { showFileName } from '../core/file-name.ts';
import { type BundleFile, digestOf, pathProblem } from './manifest.ts';

/** What a bundle may hold at most; what comes from elsewhere may be made to exhaust a machine. */
export interface BundleLimits {
  readonly maxFiles: number;
  /** Of all files together, unpacked. */
  readonly maxBytes: number;
}

/** Room for what anybody calls code. */
export const BUNDLE_LIMITS: BundleLimits = { maxFiles: 100_000, maxBytes: 64 * 1024 ** 3 };

/** How a bundle is read. */
export interface ReadBundleOptions {
  /** @default {@link BUNDLE_LIMITS} */
  readonly limits?: BundleLimits;
  /** Given each file's bytes as they come, to be read whole or not at all. Nothing of it counts until all was read. */
  readonly onFile?: (
    path: string,
    isExecutable: boolean,
    size: number,
    bytes: AsyncIterable<Buffer>,
  ) => Promise<void>;
}

/**
 * Reads the archive of a bundle and holds it against its digest.
 *
 * @returns its files in the order of the archive
 * @throws SluiceError `BundleInvalid`; what the source throws
 */
export async function readBundle(
  digest: string,
  archive: AsyncIterable<Uint8Array>,
  options: ReadBundleOptions = {},
): Promise<BundleFile[]> {
  const files = await readEntries(digest, archive, options);
  const actual = digestOf(files);
  if (actual === digest) return files;
  throw invalid(digest, `its contents are ${actual}`);
}

async function readEntries(
  digest: string,
  archive: AsyncIterable<Uint8Array>,
  { limits = BUNDLE_LIMITS, onFile }: ReadBundleOptions,
): Promise<BundleFile[]> {
  const source = Readable.from(archive);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  const files = new Map<string, BundleFile>();
  let bytes = 0;
  try {
    for await (const entry of readTar(source.pipe(gunzip))) {
      if (entry.type === 'directory') continue;
      expectFile(digest, entry, files);
      bytes += entry.size;
      if (files.size >= limits.maxFiles) throw invalid(digest, `it holds more than ${limits.maxFiles} files`);
      if (bytes > limits.maxBytes) throw invalid(digest, `it holds more than ${limits.maxBytes} bytes`);
      files.set(entry.name, await readEntry(entry, onFile));
    }
  } catch (error) {
    if (error instanceof ArchiveError || /^Z_|^ERR_ZLIB/.test(systemErrorCode(error) ?? ''))
      throw invalid(digest, errorMessage(error), error);
    throw error;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
  return [...files.values()];
}

function expectFile(digest: string, entry: TarEntry, files: ReadonlyMap<string, BundleFile>): void {
  const { type, name, size, parts } = entry;
  const shown = `'${showFileName(name).slice(0, 80)}'`;
  if (type !== 'file') throw invalid(digest, `${shown} is a ${type}, and bundles hold files alone`);
  const problem = pathProblem(name);
  if (problem !== undefined) throw invalid(digest, `${shown}: the name: ${problem}`);
  if (files.has(name)) throw invalid(digest, `it holds ${shown} twice`);
  // Holes would make much of little.
  if (parts.reduce((sum, { length }) => sum + length, 0) !== size)
    throw invalid(digest, `${shown} is a sparse file`);
}

async function readEntry(entry: TarEntry, onFile: ReadBundleOptions['onFile']): Promise<BundleFile> {
  const { name: path, size } = entry;
  const isExecutable = (entry.mode & 0o100) !== 0;
  const hash = createHash('sha256');
  const bytes = hashing(entry.data, hash);
  await onFile?.(path, isExecutable, size, bytes);
  for await (const _piece of bytes);
  return { path, isExecutable, size, sha256: hash.digest('hex') };
}

async function* hashing(
  pieces: AsyncIterable<Buffer>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

function invalid(digest: string, problem: string, cause?: unknown): SluiceError {
  return new SluiceError('BundleInvalid', `The bundle ${digest} is not what it should be: ${problem}.`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Compile the workflow again where its code is; sluice compile FILE -o graph.json writes its bundles beside the graph.',
  });
}
