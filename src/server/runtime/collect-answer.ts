import type { ServerResponse } from 'node:http';
import type { Pool } from 'undici';
import { systemErrorCode } from '../../core/errors.ts';

/** One request to a container. */
export interface ContainerCall {
  readonly path: string;
  /** Names and values by turns. */
  readonly headers: string[];
  readonly body: Buffer;
  /** Both milliseconds. */
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
}

/** What a container answered, whole, or the code of undici or the system that says why it did not. */
export type CollectedAnswer =
  | {
      readonly status: number;
      readonly contentType: string | undefined;
      /** Undefined when it has too many bytes. */
      readonly body: Buffer | undefined;
    }
  | { readonly code: string | undefined };

/** Asks a container and reads its answer for as long as the client waits. */
export async function collectAnswer(
  pool: Pool,
  call: ContainerCall,
  response: ServerResponse,
  maxBytes: number,
): Promise<CollectedAnswer> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once('close', leave);
  try {
    const { statusCode, headers, body } = await pool.request({
      ...call,
      method: 'POST',
      signal: gone.signal,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
    }
    const type = headers['content-type'];
    return {
      status: statusCode,
      contentType: Array.isArray(type) ? type[0] : type,
      body: bytes <= maxBytes ? Buffer.concat(chunks) : undefined,
    };
  } catch (error) {
    return { code: systemErrorCode(error) };
  } finally {
    response.off('close', leave);
  }
}
