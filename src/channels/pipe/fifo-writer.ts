import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { systemErrorCode } from '../../core/errors.ts';
import { errorName, type Native } from '../native.ts';
import type { EpochEnd } from './write-stream.ts';

/** How long to wait for the reader before looking whether to stop. */
const WAIT_MS = 100;
/** Without poll(2): so many attempts at once, as a reader at work takes bytes within microseconds; then with pauses. */
const ATTEMPTS_AT_ONCE = 40;
const LONGEST_PAUSE_MS = 10;

/** The reader has closed, or feeding was aborted. */
export class Ended extends Error {
  readonly end: EpochEnd = 'closed';
}

/** Does what writes to a FIFO. @returns 'closed' where it was {@link Ended} @throws what `write` throws else */
export function untilEnded(write: () => void): EpochEnd {
  try {
    write();
    return 'sent';
  } catch (error) {
    if (error instanceof Ended) return error.end;
    throw error;
  }
}

/** Where to write. */
export interface FifoWriterOptions {
  /** An open FIFO that does not block. */
  readonly fd: number;
  /** Undefined where there is none: it works without, slower. */
  readonly native: Native | undefined;
  readonly isAborted: () => boolean;
}

/**
 * Writes into an open FIFO, for a thread of its own: it blocks, but never for longer than a tenth of a second before it
 * looks whether it must stop.
 */
export class FifoWriter {
  readonly #options: FifoWriterOptions;
  readonly #never = new Int32Array(new SharedArrayBuffer(4));
  #attempts = 0;

  constructor(options: FifoWriterOptions) {
    this.#options = options;
  }

  /** Throws {@link Ended} where feeding was aborted. */
  checkAborted(): void {
    if (this.#options.isAborted()) throw new Ended();
  }

  /** Writes the first bytes of a buffer, all of them. */
  write(buffer: Uint8Array, length: number): void {
    this.checkAborted();
    for (let done = 0; done < length; ) {
      try {
        done += writeSync(this.#options.fd, buffer, done, length - done);
        this.#attempts = 0;
      } catch (error) {
        const code = systemErrorCode(error);
        if (code === 'EPIPE') throw new Ended();
        if (code !== 'EAGAIN') throw error;
        this.#waitWritable();
      }
    }
  }

  /**
   * Moves bytes of a file, from its own position on, without copying them.
   *
   * @returns bytes, 0 at the end of the file; undefined where this file or this system cannot do so
   * @throws Error with the system's code
   */
  splice(file: number, bytes: number): number | undefined {
    const { fd, native } = this.#options;
    if (!native?.splice) return undefined;
    for (;;) {
      this.checkAborted();
      const moved = native.splice(file, fd, bytes);
      if (moved >= 0) return moved;
      if (moved === -constants.errno.EPIPE) throw new Ended();
      if (moved === -constants.errno.EINVAL) return undefined;
      if (moved === -constants.errno.EAGAIN) this.#waitWritable();
      else if (moved !== -constants.errno.EINTR) throw systemError(-moved);
    }
  }

  #waitWritable(): void {
    this.checkAborted();
    const { native, fd } = this.#options;
    if (native) native.waitWritable(fd, WAIT_MS);
    else this.#pause();
  }

  #pause(): void {
    const pauseMs = Math.min(++this.#attempts - ATTEMPTS_AT_ONCE, LONGEST_PAUSE_MS);
    if (pauseMs > 0) Atomics.wait(this.#never, 0, 0, pauseMs);
  }
}

function systemError(errorNumber: number): Error {
  const code = errorName(errorNumber);
  return Object.assign(new Error(`splice: ${code}`), { code });
}
