import { decodeWords } from '../encoded-words.ts';
import type { ObjectHead } from '../store.ts';
import type { S3Headers } from './s3-request.ts';

/** What the headers of an answer to GET or HEAD say of the object. `size` is the whole object's, of a range too. */
export function readObjectHead(headers: S3Headers): ObjectHead {
  const range = /\/(\d+)$/.exec(headerText(headers, 'content-range') ?? '');
  const contentType = headerText(headers, 'content-type');
  return {
    size: Number(range?.[1] ?? headerText(headers, 'content-length') ?? 0),
    etag: headerText(headers, 'etag') ?? '',
    lastModified: new Date(headerText(headers, 'last-modified') ?? 0),
    ...(contentType !== undefined && { contentType }),
    metadata: readMetadata(headers),
  };
}

function readMetadata(headers: S3Headers): Record<string, string> {
  const prefix = 'x-amz-meta-';
  const metadata: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    if (name.startsWith(prefix))
      metadata[name.slice(prefix.length)] = decodeWords(headerText(headers, name) ?? '');
  }
  return metadata;
}

/** Asks for the object of this ETag, and no other. */
export function pin(etag: string | undefined): Record<string, string> {
  return etag === undefined || etag === '' ? {} : { 'if-match': etag };
}

/** One header; of a repeated one the first. */
export function headerText(headers: S3Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
