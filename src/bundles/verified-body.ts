import { PassThrough } from 'node:stream';
import type { BundleFile } from './manifest.ts';
import { type ReadBundleOptions, readBundle } from './read-bundle.ts';

/** The bytes of an archive, which end in an error where it does not hold what its digest says, and its files then. */
export function verifiedBody(
  digest: string,
  archive: AsyncIterable<Uint8Array>,
  options: Pick<ReadBundleOptions, 'limits'>,
): { readonly bytes: AsyncIterable<Uint8Array>; readonly files: Promise<readonly BundleFile[]> } {
  const copy = new PassThrough();
  const files = readBundle(digest, copy, options);
  // Thrown where the bytes are read.
  files.catch(() => copy.destroy());
  return { bytes: passOn(archive, copy, files), files };
}

async function* passOn(
  archive: AsyncIterable<Uint8Array>,
  copy: PassThrough,
  files: Promise<unknown>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of archive) {
      if (copy.destroyed) break;
      if (!copy.write(piece)) await Promise.race([drained(copy), files]);
      yield piece;
    }
    copy.end();
    await files;
  } finally {
    copy.destroy();
  }
}

function drained(copy: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    copy.once('drain', resolve);
    copy.once('close', resolve);
  });
}
