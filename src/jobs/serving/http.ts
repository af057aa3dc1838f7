import { Agent, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** One request to a model server. */
export interface ServerRequest {
  readonly agent: Agent;
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whole, or a stream that is sent in chunks. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** For the whole exchange, milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a model server answered. */
export interface ServerResponse {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** Connections that are used again. */
export function createServerAgent(): Agent {
  return new Agent({ keepAlive: true });
}

/** Asks a model server on this machine. @throws Error when it cannot be reached, resets or is too slow. */
export async function askServer(options: ServerRequest): Promise<ServerResponse> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    return await exchange(options, signal);
  } catch (error) {
    if (timeout.aborted && !options.signal?.aborted) {
      throw new Error(`no answer within ${options.timeoutMs / 1000} s`, { cause: error });
    }
    throw error;
  }
}

async function exchange(options: ServerRequest, signal: AbortSignal): Promise<ServerResponse> {
  const { agent, port, method, path, body } = options;
  const length = body instanceof Uint8Array ? { 'content-length': String(body.byteLength) } : {};
  const headers = { ...options.headers, ...length };
  const outgoing = request({ host: '127.0.0.1', agent, port, method, path, headers, signal });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  answered.catch(() => undefined);
  if (body === undefined || body instanceof Uint8Array) outgoing.end(body);
  // A server may answer before it has read everything.
  else pipeline(Readable.from(body), outgoing).catch((error: Error) => outgoing.destroy(error));
  const response = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode as number,
    contentType: response.headers['content-type'],
    body: Buffer.concat(chunks),
  };
}
