import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AwsError } from './aws-error.ts';
import type { WireRequest } from './http.ts';
import { MAX_REQUEST_BYTES } from './read-body.ts';

/** The body as it was before its client has compressed it, as those of CloudWatch do. @throws AwsError `SerializationException` */
export async function plainBody({ headers, body }: Pick<WireRequest, 'headers' | 'body'>): Promise<Buffer> {
  if (headers['content-encoding'] !== 'gzip') return body;
  try {
    return await promisify(gunzip)(body, { maxOutputLength: MAX_REQUEST_BYTES });
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid gzip of at most 6 MiB.');
  }
}
