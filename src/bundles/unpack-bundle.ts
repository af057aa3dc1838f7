import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Bundle } from '../graph/index.ts';
import type { Bundles, StoredBundle } from './bundles.ts';
import { type ReadBundleOptions, readBundle } from './read-bundle.ts';

/**
 * Unpacks a bundle, verified, into a directory that nobody else writes. What is there after an error is nothing to use.
 *
 * @throws SluiceError `BundleNotFound`, `BundleInvalid`
 */
export function unpackBundle(bundles: Bundles, bundle: Bundle, directory: string): Promise<StoredBundle> {
  return bundles.read(bundle, writerTo(directory));
}

/**
 * Unpacks the archive of a bundle, verified, into a directory that nobody else writes. What is there after an error is
 * nothing to use.
 *
 * @throws SluiceError `BundleInvalid`; what the source throws
 */
export async function unpackArchive(
  digest: string,
  archive: AsyncIterable<Uint8Array>,
  directory: string,
): Promise<void> {
  await readBundle(digest, archive, { onFile: writerTo(directory) });
}

function writerTo(directory: string): NonNullable<ReadBundleOptions['onFile']> {
  return async (path, isExecutable, _size, bytes) => {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await pipeline(bytes, createWriteStream(file, { flags: 'wx', mode: isExecutable ? 0o755 : 0o644 }));
  };
}
