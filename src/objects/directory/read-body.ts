import { SluiceError } from '../../core/errors.ts';
import type { ObjectFile } from './object-file.ts';

const PIECE_BYTES = 1024 * 1024;

/** Reads a range of an open file piece by piece, and closes it at the end, however that comes. */
export async function* readBody(
  file: ObjectFile,
  range: { readonly start: number; readonly length: number },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    let position = range.start;
    for (let left = range.length; left > 0; ) {
      signal?.throwIfAborted();
      const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, left));
      const bytesRead = await file.read(buffer, position);
      if (bytesRead === 0) {
        throw new SluiceError(
          'PreconditionFailed',
          `Expected ${left} more bytes, but the file was cut short meanwhile.`,
        );
      }
      position += bytesRead;
      left -= bytesRead;
      yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
    }
  } finally {
    file.close();
  }
}
