import { closeSync, openSync, writeSync } from 'node:fs';
import { type LineSink, LogSplitter } from '../../hosts/index.ts';

/** What {@link LogWriter} needs. */
export interface LogWriterOptions {
  /** The file to append to; its directory exists. */
  readonly path: string;
  readonly clock: () => Date;
  /** Sees every line as it is written, as `latin1`. */
  readonly onLines?: LineSink | undefined;
}

/**
 * Writes one log stream: a line is `<ISO time> <text>`; in place of the space, the step of a progress bar that the next
 * line took the place of has a `\r`.
 *
 * Writes are synchronous on purpose: the job's output is taken no faster than it is kept, so nothing is lost and
 * nothing piles up in memory.
 */
export class LogWriter {
  readonly #descriptor: number;
  readonly #clock: () => Date;
  readonly #splitters: Record<'stdout' | 'stderr', LogSplitter>;
  #stampedAt = -1;
  #stamp = '';
  #closed = false;

  constructor(options: LogWriterOptions) {
    this.#descriptor = openSync(options.path, 'a', 0o600);
    this.#clock = options.clock;
    const sink: LineSink = (lines, overwritten) => {
      this.#write(lines, overwritten);
      options.onLines?.(lines);
    };
    this.#splitters = { stdout: new LogSplitter(sink), stderr: new LogSplitter(sink) };
  }

  /** Takes raw output as it comes. @throws Error `ENOSPC` and the like. */
  push(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    if (!this.#closed) this.#splitters[stream].push(chunk);
  }

  /** Writes a line of Sluice's own. */
  note(text: string): void {
    if (this.#closed) return;
    this.#write(text.split('\n').map((line) => Buffer.from(line, 'utf8').toString('latin1')));
  }

  /** Writes a last line that has no end yet. */
  flush(): void {
    if (this.#closed) return;
    this.#splitters.stdout.end();
    this.#splitters.stderr.end();
  }

  /** Writes what is held back and closes the file. Idempotent. */
  close(): void {
    if (this.#closed) return;
    try {
      this.flush();
    } finally {
      this.#closed = true;
      closeSync(this.#descriptor);
    }
  }

  #write(lines: readonly string[], overwritten?: ReadonlySet<number>): void {
    const stamp = this.#timestamp();
    const text = overwritten
      ? lines
          .map((line, index) => (overwritten.has(index) ? `${stamp.trimEnd()}\r` : stamp) + line)
          .join('\n')
      : `${stamp}${lines.join(`\n${stamp}`)}`;
    const bytes = Buffer.from(`${text}\n`, 'latin1');
    for (let offset = 0; offset < bytes.length; ) {
      offset += writeSync(this.#descriptor, bytes, offset, bytes.length - offset);
    }
  }

  #timestamp(): string {
    const now = this.#clock();
    if (now.getTime() !== this.#stampedAt) {
      this.#stampedAt = now.getTime();
      this.#stamp = `${now.toISOString()} `;
    }
    return this.#stamp;
  }
}
