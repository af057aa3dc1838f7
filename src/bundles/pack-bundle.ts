import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { BLOCK_BYTES, padding, tarHeaders } from '../channels/index.ts';
import { SluiceError } from '../core/errors.ts';
import type { SourceFile } from './read-code.ts';

/**
 * The archive of a bundle: files alone, in the order of the manifest, without times and owners, gzipped.
 *
 * @throws SluiceError `BundleInvalid` for a file that has changed since it was read
 */
export function packBundle(files: readonly SourceFile[]): AsyncIterable<Uint8Array> {
  const tar = Readable.from(tarOf(files));
  const gzip = createGzip();
  tar.on('error', (error) => gzip.destroy(error));
  gzip.on('close', () => tar.destroy());
  return tar.pipe(gzip);
}

async function* tarOf(files: readonly SourceFile[]): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    const { path, isExecutable, size } = file;
    yield* tarHeaders({ name: path, type: '0', mode: isExecutable ? 0o755 : 0o644, size, mtime: 0 });
    yield* bytesOf(file);
    if (padding(size) > 0) yield Buffer.alloc(padding(size));
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

async function* bytesOf({ path, source, size, sha256 }: SourceFile): AsyncGenerator<Uint8Array> {
  if (typeof source !== 'string') {
    if (source.length > 0) yield source;
    return;
  }
  const hash = createHash('sha256');
  let left = size;
  for await (const piece of createReadStream(source) as AsyncIterable<Buffer>) {
    hash.update(piece);
    left -= piece.length;
    if (left < 0) break;
    yield piece;
  }
  if (left === 0 && hash.digest('hex') === sha256) return;
  throw new SluiceError('BundleInvalid', `'${path}' changed while the code was being packed.`, {
    hint: 'Run the command again once nothing writes the file any more.',
  });
}
