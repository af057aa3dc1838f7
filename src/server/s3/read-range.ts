import type { StoredObject } from '../../objects/directory/index.ts';
import type { S3Call } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

/** A part of an object: the places of its first byte and after its last. */
export interface ObjectSlice {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** How many parts the object has, where one was asked for. */
  readonly parts?: number;
}

/**
 * The range that a request asks for, by a `Range` header or a part's number. Undefined: the whole object, also for a
 * header that is no range of bytes or asks for several, as S3 does.
 *
 * @throws S3Error `InvalidRange`, `InvalidRequest`, `InvalidArgument`
 */
export function readRange(call: S3Call, object: StoredObject): ObjectSlice | undefined {
  const range = call.header('range');
  const part = call.query.get('partNumber');
  if (part === null) return range === undefined ? undefined : parseRange(range, object.size);
  if (range !== undefined)
    throw new S3Error('InvalidRequest', 'Cannot specify both Range header and partNumber query parameter');
  return partRange(part, object);
}

function parseRange(text: string, size: number): ObjectSlice | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(text.trim());
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') {
    const length = Number(match[2]);
    if (length === 0 || size === 0) throw unsatisfiable(text, size);
    return { start: Math.max(0, size - length), end: size };
  }
  const start = Number(match[1]);
  const last = match[2] === '' ? size - 1 : Number(match[2]);
  if (last < start && match[2] !== '') return undefined;
  if (start >= size) throw unsatisfiable(text, size);
  return { start, end: Math.min(last, size - 1) + 1 };
}

function unsatisfiable(range: string, size: number): S3Error {
  return new S3Error('InvalidRange', undefined, { RangeRequested: range, ActualObjectSize: String(size) });
}

function partRange(text: string, { parts, size }: StoredObject): ObjectSlice {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', {
      ArgumentName: 'partNumber',
      ArgumentValue: text,
    });
  }
  if (!parts) {
    if (number === 1) return { start: 0, end: size };
    throw new S3Error('InvalidRange', 'The requested partnumber is not satisfiable');
  }
  let start = 0;
  for (const [index, part] of parts.entries()) {
    if (index + 1 === number) return { start, end: start + part.size, parts: parts.length };
    start += part.size;
  }
  throw new S3Error('InvalidRange', 'The requested partnumber is not satisfiable');
}
