import { onAbort } from '../../core/on-abort.ts';
import { type AnswerHead, parseAnswerHead } from './answer-head.ts';
import type { BodySink } from './body-sink.ts';
import { Pace } from './pace.ts';
import type { PooledSocket, SocketPool, SocketReader } from './socket-pool.ts';

const CONNECT_LIMIT_MS = 10_000;
const END_OF_HEAD = '\r\n\r\n';
const endOfFailure = /<\/Error>|(?:^|\r\n)0\r\n\r\n$/;
/** Of the body of a failure, so much is read. */
const FAILURE_LIMIT_BYTES = 64 * 1024;
/** Answers of status 1xx before the answer. */
export const MOST_INFORMATIONAL = 16;

/** A request without a body. */
export interface SocketRequest {
  /** `http://host:port` or `https://…` */
  readonly origin: string;
  readonly method: 'GET' | 'HEAD';
  /** With the query, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Without a byte for so long, or with next to none, the request fails. */
  readonly idleMs: number;
}

/** An answer whose body, where it is a success, has gone to the sink. */
export interface SocketAnswer extends AnswerHead {
  /** The body of a failure. */
  readonly failure: Buffer;
}

/** An answer whose end only a whole HTTP client finds. */
export class UnknownLength extends Error {}

/** The sink did not take the body; its own error is the cause. */
export class RefusedBody extends Error {}

/**
 * Sends one request and lets the answer's body be read into the sink's memory, by the system itself. This is for the
 * bodies of objects, where an HTTP client's streams and copies would cost several times as much as the rest: an answer
 * has to say its length.
 *
 * @throws Error where the connection broke; {@link UnknownLength} where the answer does not say its length;
 *   {@link RefusedBody}
 */
export async function exchangeBySocket(
  pool: SocketPool,
  request: SocketRequest,
  sink: BodySink,
): Promise<SocketAnswer> {
  for (;;) {
    const pooled = pool.take(request.origin);
    const { used } = pooled;
    const exchange = new Exchange(pooled, request, sink);
    try {
      const answer = await exchange.done;
      if (exchange.reusable) pool.give(request.origin, pooled);
      else pooled.socket.destroy();
      return answer;
    } catch (error) {
      pooled.socket.destroy();
      // The server may have closed it at the very moment when it was taken.
      if (!used || exchange.began || request.signal?.aborted) throw error;
    }
  }
}

class Exchange implements SocketReader {
  readonly done: Promise<SocketAnswer>;
  reusable = false;
  /** Whether anything was answered. */
  began = false;
  readonly #settle = Promise.withResolvers<SocketAnswer>();
  readonly #pooled: PooledSocket;
  readonly #request: SocketRequest;
  readonly #sink: BodySink;
  #listening: Disposable | undefined;
  #headBytes = 0;
  #head: AnswerHead | undefined;
  #left = 0;
  #failure: Buffer = Buffer.alloc(0);
  #informational = 0;
  readonly #pace: Pace;

  constructor(pooled: PooledSocket, request: SocketRequest, sink: BodySink) {
    this.done = this.#settle.promise;
    this.#pooled = pooled;
    this.#request = request;
    this.#sink = sink;
    this.#pace = new Pace(request.idleMs);
    const { socket } = pooled;
    pooled.reader = this;
    socket.setTimeout(socket.connecting ? CONNECT_LIMIT_MS : request.idleMs);
    socket.once(request.origin.startsWith('https') ? 'secureConnect' : 'connect', this.#onConnect);
    socket.on('timeout', this.#onTimeout);
    this.#listening = onAbort(request.signal, () => this.fail(new Error('aborted')));
    if (!request.signal?.aborted) socket.write(formatRequest(request), 'latin1');
  }

  room(): Buffer {
    if (!this.#head) return this.#pooled.head.subarray(this.#headBytes);
    if (isFailure(this.#head)) return this.#pooled.head;
    const room = this.#sink.room();
    return room.length > this.#left ? room.subarray(0, this.#left) : room;
  }

  take(bytes: number): boolean {
    this.began = true;
    try {
      if (this.#head) this.#takeBody(this.#head, bytes);
      else this.#takeHead(bytes);
      return true;
    } catch (error) {
      this.fail(error as Error);
      return false;
    }
  }

  fail(error: Error): void {
    if (this.#head && isFailure(this.#head)) return this.#end(false);
    this.#detach();
    this.#settle.reject(error);
    this.#pooled.socket.destroy();
  }

  readonly #onConnect = () => {
    this.#pace.restart();
    this.#pooled.socket.setTimeout(this.#request.idleMs);
  };
  readonly #onTimeout = () => {
    const { socket } = this.#pooled;
    const before = socket.bytesRead;
    // This process itself may have been busy for so long: what has come meanwhile is read before the next turn.
    setImmediate(() => {
      if (this.#pooled.reader !== this) return;
      if (socket.bytesRead > before) socket.setTimeout(this.#request.idleMs);
      else this.fail(new Error(`nothing came for ${this.#request.idleMs} ms`));
    });
  };
  #takeHead(bytes: number): void {
    const { head: memory } = this.#pooled;
    const from = Math.max(0, this.#headBytes - END_OF_HEAD.length);
    this.#headBytes += bytes;
    const end = memory.subarray(0, this.#headBytes).indexOf(END_OF_HEAD, from);
    if (end < 0) {
      if (this.#headBytes === memory.length) throw new Error('the head of the answer is too long');
      // It brings nothing on before it is whole.
      this.#pace.take(0);
      return;
    }
    const rest = memory.subarray(end + END_OF_HEAD.length, this.#headBytes);
    const head = parseAnswerHead(memory.toString('latin1', 0, end));
    this.#headBytes = 0;
    if (head.status < 200) return this.#again(rest);
    this.#begin(head);
    if (rest.length > 0 && this.#pooled.reader === this) this.#copy(head, rest);
  }

  /** An answer of status 1xx is not yet the answer. */
  #again(rest: Buffer): void {
    if (++this.#informational > MOST_INFORMATIONAL) throw new Error('the answer itself does not come');
    this.#pace.take(0);
    rest.copy(this.#pooled.head);
    if (rest.length > 0) this.#takeHead(rest.length);
  }

  #begin(head: AnswerHead): void {
    this.#head = head;
    const empty = this.#request.method === 'HEAD' || head.status === 204 || head.status === 304;
    if (head.length === undefined && !empty && !isFailure(head))
      throw new UnknownLength('the answer does not say how long it is');
    this.#left = empty ? 0 : (head.length ?? FAILURE_LIMIT_BYTES);
    if (!isFailure(head)) attempt(() => this.#sink.onHead?.(head.headers, head.status));
    if (this.#left === 0) this.#end(head.keepsAlive);
  }

  #copy(head: AnswerHead, rest: Buffer): void {
    if (isFailure(head)) return this.#takeFailure(rest);
    for (let start = 0; start < rest.length; ) {
      const copied = rest.copy(this.room(), 0, start);
      start += copied;
      this.#takeBody(head, copied);
      if (this.#left === 0 && start < rest.length) throw new Error('more came than was announced');
    }
  }

  #takeBody(head: AnswerHead, bytes: number): void {
    if (isFailure(head)) return this.#takeFailure(this.#pooled.head.subarray(0, bytes));
    this.#left -= bytes;
    this.#pace.take(this.#left === 0 ? Number.POSITIVE_INFINITY : bytes);
    attempt(() => this.#sink.take(bytes));
    if (this.#left === 0) this.#end(head.keepsAlive);
  }

  /** Without a length (S3 sends errors in chunks), a failure ends with its document, or with the empty last chunk. */
  #takeFailure(piece: Buffer): void {
    this.#failure = Buffer.concat([this.#failure, piece]);
    this.#left -= piece.length;
    this.#pace.take(piece.length);
    const announced = this.#head?.length !== undefined;
    if (this.#left <= 0) this.#end(announced && this.#left === 0 && (this.#head?.keepsAlive ?? false));
    else if (!announced && endOfFailure.test(this.#failure.toString())) this.#end(false);
  }

  #end(reusable: boolean): void {
    this.#detach();
    this.reusable = reusable && !this.#pooled.socket.destroyed;
    this.#pooled.used = true;
    const head = this.#head as AnswerHead;
    const inChunks = head.headers['transfer-encoding'] !== undefined;
    this.#settle.resolve({ ...head, failure: inChunks ? joinChunks(this.#failure) : this.#failure });
  }

  #detach(): void {
    const { socket } = this.#pooled;
    this.#pooled.reader = undefined;
    socket.off('timeout', this.#onTimeout);
    socket.off('connect', this.#onConnect);
    socket.off('secureConnect', this.#onConnect);
    socket.setTimeout(0);
    this.#listening?.[Symbol.dispose]();
  }
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new RefusedBody('the body was not taken', { cause: error });
  }
}

function isFailure({ status }: AnswerHead): boolean {
  return status >= 300;
}

/** What chunks hold, as far as they have come. */
function joinChunks(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    const size = line < 0 ? 0 : Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (!(size > 0)) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

function formatRequest({ method, path, headers }: SocketRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
