import { createWriteStream, type WriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { errorMessage } from '../../core/errors.ts';
import { withoutSecrets } from '../wire/without-secrets.ts';
import type { FinishedRequest } from './watch-request.ts';

/** Lines that wait for a slow disk; more are dropped. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
/** Between two tries to open a file that cannot be written. */
const RETRY_MS = 5000;

/** Writes a line of JSON for each request. */
export class AccessLog {
  readonly #place: string;
  readonly #warn: (message: string) => void;
  #stream: Writable | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #warned = false;

  /** @param place a file, or `-` for stdout */
  constructor(place: string, warn: (message: string) => void) {
    this.#place = place;
    this.#warn = warn;
    this.#open();
  }

  write(finished: FinishedRequest): void {
    if (!this.#stream && performance.now() - this.#triedAt > RETRY_MS) this.#open();
    if (!this.#stream || this.#stream.writableLength > MAX_WAITING_BYTES) return;
    this.#stream.write(`${JSON.stringify(accessEntry(finished))}\n`);
  }

  /** Resolves once all is written. */
  close(): Promise<void> {
    const stream = this.#stream;
    if (!stream || stream === process.stdout) return Promise.resolve();
    return new Promise((done) => stream.end(() => done()).once('error', () => done()));
  }

  #open(): void {
    this.#triedAt = performance.now();
    this.#stream = this.#place === '-' ? process.stdout : this.#openFile();
  }

  #openFile(): WriteStream {
    const stream = createWriteStream(this.#place, { flags: 'a', mode: 0o600 });
    stream.once('error', (error) => {
      this.#stream = undefined;
      if (!this.#warned) this.#warn(`The access log cannot be written: ${errorMessage(error)}`);
      this.#warned = true;
    });
    return stream;
  }
}

/** What is told of a request: no secret, and nothing that a URL's reader could use. */
export function accessEntry(finished: FinishedRequest): Record<string, string | number | undefined> {
  const { request, facts, status, seconds, bytesReceived, bytesSent } = finished;
  return {
    time: new Date().toISOString(),
    remote: request.socket.remoteAddress,
    key: facts.key,
    method: request.method,
    url: withoutSecrets(request.url ?? '/'),
    host: request.headers.host,
    service: facts.service,
    operation: facts.operation,
    status,
    seconds: Math.round(seconds * 1e6) / 1e6,
    bytesReceived,
    bytesSent,
    userAgent: request.headers['user-agent'],
  };
}
