import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Bundle } from '../graph/index.ts';
import type { Bundles, StoredBundle } from './bundles.ts';

/**
 * Unpacks a bundle, verified, into a directory that nobody else writes. What is there after an error is nothing to use.
 *
 * @throws SluiceError `BundleNotFound`, `BundleInvalid`
 */
export function unpackBundle(bundles: Bundles, bundle: Bundle, directory: string): Promise<StoredBundle> {
  return bundles.read(bundle, async (path, isExecutable, _size, bytes) => {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await pipeline(bytes, createWriteStream(file, { flags: 'wx', mode: isExecutable ? 0o755 : 0o644 }));
  });
}
