import { type ChecksumAlgorithm, checksumAlgorithms, checksumHeader } from '../checksums/checksum.ts';
import type { ObjectHead } from '../store.ts';
import type { S3Headers } from './s3-connection.ts';

/** What the headers of an answer to GET or HEAD say of the object. `size` is the whole object's, of a range too. */
export function readObjectHead(headers: S3Headers): ObjectHead {
  const range = /\/(\d+)$/.exec(text(headers, 'content-range') ?? '');
  const contentType = text(headers, 'content-type');
  return {
    size: Number(range?.[1] ?? text(headers, 'content-length') ?? 0),
    etag: text(headers, 'etag') ?? '',
    lastModified: new Date(text(headers, 'last-modified') ?? 0),
    ...(contentType !== undefined && { contentType }),
    metadata: readMetadata(headers),
  };
}

function readMetadata(headers: S3Headers): Record<string, string> {
  const prefix = 'x-amz-meta-';
  const metadata: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    if (name.startsWith(prefix)) metadata[name.slice(prefix.length)] = text(headers, name) ?? '';
  }
  return metadata;
}

/** The checksum of the whole object, where the store gives one: base64. Composite ones are of parts, not of the bytes. */
export function readWholeChecksum(
  headers: S3Headers,
): { algorithm: ChecksumAlgorithm; value: string } | undefined {
  if (text(headers, 'x-amz-checksum-type') === 'COMPOSITE') return undefined;
  for (const algorithm of checksumAlgorithms) {
    const value = text(headers, checksumHeader(algorithm));
    if (value !== undefined && !value.includes('-')) return { algorithm, value };
  }
  return undefined;
}

function text(headers: S3Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
