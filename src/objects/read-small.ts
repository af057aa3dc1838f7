import { SluiceError } from '../core/errors.ts';
import { parseS3Uri } from './s3-uri.ts';
import type { ObjectStore } from './store.ts';

/**
 * A small object, whole; undefined where there is none. Whoever has written it: of one that is larger no more is read than
 * tells so.
 *
 * @returns at most one byte more than `maxBytes`
 */
export async function readSmall(
  store: ObjectStore,
  uri: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const { bucket, key } = parseS3Uri(uri);
  try {
    const { body } = await store.get(bucket, key);
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of body) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > maxBytes) break;
    }
    return Buffer.concat(pieces).subarray(0, maxBytes + 1);
  } catch (error) {
    if (error instanceof SluiceError && (error.code === 'NoSuchKey' || error.code === 'NoSuchBucket'))
      return undefined;
    throw error;
  }
}
