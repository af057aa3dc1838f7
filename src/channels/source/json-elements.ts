import { JSONParser } from '@streamparser/json';
import { errorMessage } from '../../core/errors.ts';

/** Few elements at once: V8 gives its young generation more memory the more of it survives. */
const SLICE_BYTES = 32 * 1024;

/** Bytes that are no JSON array. The message goes on after the name of what was read. */
export class NoJsonArray extends Error {}

/**
 * The elements of a JSON array as its bytes come, many at once, whatever their number.
 *
 * @throws NoJsonArray that says where
 */
export async function* jsonElements(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<readonly unknown[]> {
  const parser = new JSONParser({ paths: ['$.*'], keepStack: false });
  let found: unknown[] = [];
  let count = 0;
  parser.onValue = ({ value, key }) => {
    if (typeof key !== 'number') throw new NoJsonArray('expected an array, got an object');
    found.push(value);
    count++;
  };
  const guarded = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (error instanceof NoJsonArray) throw error;
      const place = count === 0 ? 'at its beginning' : `after element ${count - 1}`;
      throw new NoJsonArray(`is no JSON ${place}: ${errorMessage(error)}`);
    }
  };
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += SLICE_BYTES) {
      guarded(() => parser.write(piece.subarray(at, at + SLICE_BYTES)));
      if (found.length === 0) continue;
      yield found;
      found = [];
    }
  }
  if (!parser.isEnded) guarded(() => parser.end());
  if (count === 0) throw new NoJsonArray('expected an array with elements');
}
