import { SluiceError } from '../../core/errors.ts';
import type { GetOptions, ObjectContent } from '../store.ts';
import { readBody } from './read-body.ts';
import type { OpenObject } from './store-files.ts';
import { asHead } from './stored-object.ts';
import { preconditionFailed } from './write-conditions.ts';

/** What `get` answers of an open object. The file is closed with the body, or with the error. */
export function readContent(
  { file, ...stored }: OpenObject,
  bucket: string,
  options: GetOptions,
): ObjectContent {
  const { key } = stored;
  try {
    if (options.ifMatch !== undefined && options.ifMatch !== stored.etag) {
      throw preconditionFailed(bucket, key, `has ETag ${stored.etag}, not ${options.ifMatch}`, 'If-Match');
    }
    const range = resolveRange(bucket, key, stored.size, options.range);
    return { ...asHead(stored), body: readBody(file, range, options.signal) };
  } catch (error) {
    file.close();
    throw error;
  }
}

function resolveRange(
  bucket: string,
  key: string,
  size: number,
  range: GetOptions['range'],
): { start: number; length: number } {
  if (!range) return { start: 0, length: size };
  if (range.start >= size) {
    throw new SluiceError(
      'InvalidRange',
      `s3://${bucket}/${key} has ${size} bytes; the range starts at ${range.start}.`,
    );
  }
  const end = Math.min(range.end ?? size - 1, size - 1);
  return { start: range.start, length: Math.max(0, end - range.start + 1) };
}
