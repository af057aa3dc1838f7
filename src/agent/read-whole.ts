import type { Stores } from '../channels/index.ts';
import { SluiceError } from '../core/errors.ts';
import { parseS3Uri } from '../objects/index.ts';

/** A small object, whole; undefined where there is none. @throws SluiceError `InvalidArgument` where it is larger */
export async function readWhole(stores: Stores, uri: string, maxBytes: number): Promise<Buffer | undefined> {
  const { bucket, key } = parseS3Uri(uri);
  try {
    const { body } = await stores.store(bucket).get(bucket, key);
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > maxBytes)
        throw new SluiceError('InvalidArgument', `${uri}: expected at most ${maxBytes} bytes, got more.`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'NoSuchKey') return undefined;
    throw error;
  }
}
