import { writeSync } from 'node:fs';
import type { RunningChecksum } from '../checksums/checksum.ts';
import type { BodySink } from './body-sink.ts';

/** What is written at once: small enough that the bytes are in the processor's cache still. */
const BLOCK_BYTES = 128 * 1024;
/** With less room than this, a block goes to the disk. */
const LEAST_ROOM_BYTES = 32 * 1024;

/** Memory for blocks, used again and again. */
export class BlockPool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  give(block: Buffer): void {
    this.#free.push(block);
  }
}

export interface BlockWriterOptions {
  readonly pool: BlockPool;
  readonly file: number;
  /** Where the first byte belongs. */
  readonly position: number;
  readonly checksum?: RunningChecksum | undefined;
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Writes a run of bytes at its place in a file, in blocks.
 *
 * By design: without awaiting. Through the thread pool the bytes would leave the processor's cache, and several writes
 * of one file would wait for each other: twice the processor time (docs/performance.md).
 */
export class BlockWriter implements BodySink {
  readonly #options: BlockWriterOptions;
  readonly #block: Buffer;
  #filled = 0;
  /** Where the block belongs. */
  #start: number;

  constructor(options: BlockWriterOptions) {
    this.#options = options;
    this.#block = options.pool.take();
    this.#start = options.position;
  }

  /** The place of the next byte. */
  get position(): number {
    return this.#start + this.#filled;
  }

  room(): Buffer {
    return this.#block.subarray(this.#filled);
  }

  /** @throws Error with the system's code where the block could not be written. */
  take(bytes: number): void {
    this.#options.checksum?.update(this.#block.subarray(this.#filled, this.#filled + bytes));
    this.#filled += bytes;
    this.#options.onBytes?.(bytes);
    if (this.#block.length - this.#filled < LEAST_ROOM_BYTES) this.flush();
  }

  /** Writes what has come. @throws Error with the system's code */
  flush(): void {
    const { file } = this.#options;
    for (let done = 0; done < this.#filled; )
      done += writeSync(file, this.#block, done, this.#filled - done, this.#start + done);
    this.#start += this.#filled;
    this.#filled = 0;
  }

  /** Gives the memory back; the writer is not to be used afterwards. */
  close(): void {
    this.#options.pool.give(this.#block);
  }
}
