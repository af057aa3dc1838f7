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
  /** What an answer may have: it is held whole. @default 64 KiB */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a model server answered. */
export interface ServerResponse {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** Enough for whether a server is well, and for what it says of itself. */
const SHORT_ANSWER_BYTES = 64 * 1024;

/** Connections that are used again. */
export function createServerAgent(): Agent {
  return new Agent({ keepAlive: true });
}

/** Asks a model server on this machine. @throws Error when it cannot be reached, resets, is too slow or says too much. */
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
  return {
    status: response.statusCode as number,
    contentType: response.headers['content-type'],
    body: await readAnswer(response, options.maxBytes ?? SHORT_ANSWER_BYTES),
  };
}

/** A server that goes on and on takes no more memory than this. */
async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
