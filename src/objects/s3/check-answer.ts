import { SluiceError } from '../../core/errors.ts';
import { headerText } from './object-headers.ts';
import { BrokenTransfer, type S3Headers } from './s3-request.ts';

/** What was asked of an object, and what is known of it. */
export interface AskedObject {
  readonly bucket: string;
  readonly key: string;
  /** The bytes that were asked for, both inclusive. @default all */
  readonly range?: { readonly start: number; readonly end?: number | undefined } | undefined;
  /** The version that was asked for. */
  readonly etag?: string | undefined;
  /** Bytes of the whole object. */
  readonly size?: number | undefined;
}

/** What an answer says of itself. */
export interface Told {
  /** Bytes of the body. */
  readonly length: number;
  /** Bytes of the whole object. */
  readonly size: number;
}

/**
 * Holds the head of an answer against what was asked for: a store, or a proxy before it, that answers something else
 * with a success would have its bytes taken for the object's.
 *
 * @throws BrokenTransfer for an answer that is no answer to the request: it may be repeated; SluiceError
 *   `PreconditionFailed` for another version of the object
 */
export function checkAnswer(asked: AskedObject, headers: S3Headers, status: number): Told {
  checkVersion(asked, headers);
  const told = status === 206 ? toldOfRange(asked, headers) : toldOfWhole(asked, headers, status);
  if (asked.size === undefined || asked.size === told.size) return told;
  throw new BrokenTransfer(`the object has ${asked.size} bytes, the store answers with one of ${told.size}`);
}

/** @throws BrokenTransfer, SluiceError `PreconditionFailed` */
function checkVersion({ bucket, key, etag }: AskedObject, headers: S3Headers): void {
  const came = headerText(headers, 'etag');
  if (came === undefined || came === '') throw new BrokenTransfer('the answer has no ETag: it is no object');
  if (etag === undefined || etag === '' || bare(etag) === bare(came)) return;
  throw new SluiceError(
    'PreconditionFailed',
    `s3://${bucket}/${key} has changed: the object of the ETag ${etag} was asked for, ${came} came.`,
    { details: { bucket, key } },
  );
}

function toldOfWhole({ range, size }: AskedObject, headers: S3Headers, status: number): Told {
  const length = lengthOf(headers) ?? size;
  if (length === undefined) throw new BrokenTransfer('the store does not say how long the object is');
  const end = range?.end ?? length - 1;
  // Who does not know ranges answers with the whole: right where the range is just that.
  const isWhole = range === undefined || (range.start === 0 && end >= length - 1);
  if (status === 200 && isWhole) return { length, size: length };
  throw new BrokenTransfer(
    `${range ? `bytes ${range.start}-${range.end ?? ''} were asked for` : 'the object was asked for'}, the store answers with status ${status}` +
      (range ? `, ${length} bytes without a range` : ''),
  );
}

function toldOfRange({ range }: AskedObject, headers: S3Headers): Told {
  const text = headerText(headers, 'content-range') ?? '';
  const [, start = -1, end = -1, size = 0] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  const length = end - start + 1;
  const wantedEnd = Math.min(range?.end ?? size - 1, size - 1);
  if (range && start === range.start && end === wantedEnd && (lengthOf(headers) ?? length) === length)
    return { length, size };
  const wanted = range ? `bytes ${range.start}-${range.end ?? ''} were` : 'the whole object was';
  throw new BrokenTransfer(
    `the store does not answer with the range that was asked for: ${wanted}, '${text}' of ${lengthOf(headers) ?? 'unknown'} bytes came`,
  );
}

function lengthOf(headers: S3Headers): number | undefined {
  const text = headerText(headers, 'content-length');
  return text === undefined ? undefined : Number(text);
}

/** Proxies that compress mark an ETag as weak. */
function bare(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '');
}
