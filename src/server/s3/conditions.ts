import type { StoredObject } from '../../objects/directory/index.ts';
import { notImplementedHeader } from './refused-headers.ts';
import type { S3Call } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

/**
 * Holds a read's conditions against the object.
 *
 * @param prefix `x-amz-copy-source-` for the source of a copy.
 * @returns true where nothing has changed for the reader: status 304.
 * @throws S3Error `PreconditionFailed`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (how the conditions go together)
 */
export function checkReadConditions(
  call: S3Call,
  { etag, lastModified }: StoredObject,
  prefix = '',
): boolean {
  const ifMatch = call.header(`${prefix}if-match`);
  const ifNoneMatch = call.header(`${prefix}if-none-match`);
  const unmodifiedSince = readDate(call.header(`${prefix}if-unmodified-since`));
  const modifiedSince = readDate(call.header(`${prefix}if-modified-since`));
  const modified = Math.floor(lastModified.getTime() / 1000) * 1000;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, etag)) throw failed(`${prefix}If-Match`);
  } else if (unmodifiedSince !== undefined && modified > unmodifiedSince) {
    throw failed(`${prefix}If-Unmodified-Since`);
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, etag);
  return modifiedSince !== undefined && modified <= modifiedSince;
}

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', undefined, { Condition: condition });
}

/** For a copy, whose source has not changed for it. */
export function notModified(call: S3Call, prefix: string): S3Error {
  const byTag = call.header(`${prefix}if-none-match`) !== undefined;
  return failed(`${prefix}${byTag ? 'If-None-Match' : 'If-Modified-Since'}`);
}

/** The conditions of a write, for the store to hold under its lock. @throws S3Error `NotImplemented` */
export function readWriteConditions(call: S3Call): { ifMatch?: string; ifNoneMatch?: string } {
  const ifMatch = call.header('if-match');
  const ifNoneMatch = call.header('if-none-match');
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw notImplementedHeader('If-None-Match');
  }
  return {
    ...(ifMatch !== undefined && { ifMatch: ifMatch === '*' ? ifMatch : quoted(ifMatch) }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
  };
}

/** An ETag in quotes, whether or not it came so. */
export function quoted(etag: string): string {
  return `"${etag.trim().replaceAll('"', '')}"`;
}

function matches(list: string, etag: string): boolean {
  return list.split(',').some((one) => one.trim() === '*' || quoted(one.replace(/^\s*W\//, '')) === etag);
}

function readDate(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
