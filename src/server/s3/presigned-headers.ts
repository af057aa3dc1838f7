import { checkHeaderText } from './header-text.ts';
import type { S3Call } from './s3-call.ts';

/** What a presigned URL says of itself. */
const ofSignature = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
]);

/**
 * A request's headers and, of a presigned URL, those that its maker has put into the query, as SDKs do with metadata,
 * storage class and the like. A header that came as one goes first.
 *
 * @throws S3Error `InvalidArgument` for what no header can hold
 */
export function withPresigned(headers: S3Call['headers'], query: URLSearchParams): S3Call['headers'] {
  if (!query.has('X-Amz-Signature') && !query.has('x-amz-signature')) return headers;
  const all: Record<string, string | readonly string[] | undefined> = {};
  for (const [name, value] of query) {
    const lower = name.toLowerCase();
    if (lower.startsWith('x-amz-') && !ofSignature.has(lower)) all[lower] = checkHeaderText(lower, value);
  }
  return Object.assign(all, headers);
}
