import { S3Error } from './s3-error.ts';

/** Which object a request is about. */
export interface S3Address {
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

/**
 * Reads bucket and key from the path (`/bucket/key`), or the key alone where the bucket stands in the host's name.
 *
 * @param virtualBucket `bucket` of the host `bucket.s3.localhost`
 * @throws S3Error `InvalidURI`
 */
export function parseAddress(url: string, virtualBucket: string | undefined): S3Address {
  const [path, search] = splitOnce(url, '?');
  const query = new URLSearchParams(search);
  if (virtualBucket !== undefined) return { bucket: virtualBucket, key: decode(path.slice(1)), query };
  const [bucket, key] = splitOnce(path.slice(1), '/');
  return { bucket: decode(bucket), key: decode(key), query };
}

function splitOnce(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI');
  }
}
