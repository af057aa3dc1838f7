import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readTar } from '../channels/index.ts';

/**
 * Reads one small file of a .tar.gz into memory.
 *
 * @param path as the archive has it, with or without `./`
 * @returns undefined where the archive has no such file
 * @throws Error where it is larger than `maxBytes`; what is no archive
 */
export async function readArchiveFile(
  archive: AsyncIterable<Uint8Array>,
  path: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const source = Readable.from(archive);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const { type, name, size, data } of readTar(source.pipe(gunzip))) {
      if (type !== 'file' || name.replace(/^(?:\.\/)+/, '') !== path) continue;
      if (size > maxBytes) throw new Error(`it has ${size} bytes, more than ${maxBytes}`);
      return Buffer.concat(await Array.fromAsync(data));
    }
    return undefined;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}
