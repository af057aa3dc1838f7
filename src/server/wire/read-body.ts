import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.ts';

/** The largest body of a request that is no S3 object, bytes. */
export const MAX_REQUEST_BYTES = 6 * 1024 * 1024;

/** Of a body that is too large, this many times the limit is read, so that its sender sees the answer. */
const PATIENCE = 8;

/**
 * Reads a request's body.
 *
 * @throws AwsError `RequestEntityTooLargeException`, `IncompleteBody`
 */
export async function readBody(request: IncomingMessage, limitBytes = MAX_REQUEST_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (size > limitBytes * PATIENCE) break;
    }
  } catch (error) {
    // The sender has gone: nobody will see the answer, and it is no defect.
    if (!request.complete) throw new AwsError('IncompleteBody', 'The connection ended before the body did.');
    throw error;
  }
  if (size <= limitBytes) return Buffer.concat(chunks);
  throw new AwsError(
    'RequestEntityTooLargeException',
    `The request's body is larger than the limit of ${limitBytes} bytes.`,
    413,
  );
}
