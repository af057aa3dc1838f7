import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/** The largest request that is taken: bytes. */
const MAX_BODY_BYTES = 1024 ** 3;

/** The body of a request. @throws HttpError 413 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new HttpError(413, `The body has more than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
