import type { GivenChecksum } from './object-checksum.ts';
import { headerText, pin } from './object-headers.ts';
import type { S3Connection } from './s3-connection.ts';
import type { S3Request } from './s3-request.ts';

/**
 * How large the parts are that a composite checksum speaks of: one request for the first of them. Undefined where they
 * are not all of that size, the last one excepted: such a checksum is not verified, because each part would have to be
 * asked for. Clients send parts of one size.
 */
export async function findPartSize(
  connection: S3Connection,
  { bucket, key, signal }: Pick<S3Request, 'bucket' | 'key' | 'signal'>,
  { size, etag }: { readonly size: number; readonly etag: string },
  { parts = 1 }: GivenChecksum,
): Promise<number | undefined> {
  if (parts <= 1) return Math.max(1, size);
  const { headers } = await connection.fetch({
    method: 'HEAD',
    bucket,
    key,
    query: [['partNumber', '1']],
    headers: pin(etag),
    signal,
  });
  const first = Number(headerText(headers, 'content-length'));
  return first > 0 && Math.ceil(size / first) === parts ? first : undefined;
}
