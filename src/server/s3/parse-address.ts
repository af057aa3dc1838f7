import { S3Error } from './s3-error.ts';

/** Which object a request is about. */
export interface S3Address {
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

/** Hosts in front of which a bucket's name may stand: `bucket.s3.localhost`, `bucket.s3.eu-west-1.amazonaws.com`. */
const virtualHost =
  /^(.+?)\.(?:s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com|(?:s3\.)?localhost(?:\.localdomain)?)$/;
const ownHost = /^s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com$|^s3\.localhost(?:\.localdomain)?$/;

/**
 * Reads bucket and key from path (`/bucket/key`) or host (`bucket.s3.localhost`).
 *
 * @throws S3Error `InvalidURI`
 */
export function parseAddress(url: string, host: string | undefined): S3Address {
  const [path, search] = splitOnce(url.startsWith('/') ? url : new URL(url).pathname, '?');
  const query = new URLSearchParams(search);
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  const virtual = ownHost.test(name) ? undefined : virtualHost.exec(name)?.[1];
  if (virtual !== undefined) return { bucket: virtual, key: decode(path.slice(1)), query };
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
