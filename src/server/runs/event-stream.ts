import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { SluiceError } from '../../core/errors.ts';
import { PAGE_HEADERS } from '../wire/page-headers.ts';
import { ApiError } from './api-error.ts';

/** A comment is sent so often where nothing else is, so that proxies and clients see that the stream lives. */
const HEARTBEAT_MS = 15_000;

/** One server-sent event. */
export interface ServerSentEvent {
  readonly id?: string | number | undefined;
  readonly event?: string;
  readonly data: object;
}

/** All streams of a server: as many as it allows, and all ended with it. */
export class Streams {
  readonly #most: number;
  readonly #open = new Set<EventStream>();
  #closed = false;

  constructor(most: number) {
    this.#most = most;
  }

  /** Begins a stream. Dispose of it. @throws ApiError where there are too many */
  open(response: ServerResponse): EventStream {
    if (this.#closed) throw new ApiError(503, 'ServerStopping', 'The server is stopping.');
    if (this.#open.size >= this.#most)
      throw new ApiError(
        429,
        'LimitExceeded',
        `The server has ${this.#most} streams open, as many as it allows.`,
        {
          hint: 'Read later, or raise server.runs.maxStreams.',
          headers: { 'retry-after': '5' },
        },
      );
    const stream = new EventStream(response, () => this.#open.delete(stream));
    this.#open.add(stream);
    return stream;
  }

  close(): void {
    this.#closed = true;
    for (const stream of this.#open) stream.end();
  }
}

/** A stream of server-sent events to one reader, who is waited for: nothing piles up for a slow one. */
export class EventStream {
  /** Aborted once the reader has gone or the server stops. */
  readonly signal: AbortSignal;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(response: ServerResponse, onEnd: () => void) {
    this.#response = response;
    this.signal = this.#gone.signal;
    response.writeHead(200, {
      ...PAGE_HEADERS,
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    response.once('close', () => {
      clearInterval(this.#heartbeat);
      this.#gone.abort();
      onEnd();
    });
    this.#heartbeat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(':\n\n');
    }, HEARTBEAT_MS).unref();
  }

  /** Resolves once the reader has room for more. @throws SluiceError once it has gone */
  async send({ id, event, data }: ServerSentEvent): Promise<void> {
    if (this.signal.aborted) throw new SluiceError('RunStopped', 'The reader has gone.');
    const head = `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}`;
    // JSON has no line breaks of its own.
    if (this.#response.write(`${head}data: ${JSON.stringify(data)}\n\n`)) return;
    // Both listeners are gone afterwards: a slow reader must not gather them.
    await once(this.#response, 'drain', { signal: this.signal }).catch(() => undefined);
  }

  end(): void {
    clearInterval(this.#heartbeat);
    this.#gone.abort();
    this.#response.end();
  }
}
