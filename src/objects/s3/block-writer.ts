import { write } from 'node:fs';
import type { RunningChecksum } from '../checksums/checksum.ts';
import type { BodySink } from './body-sink.ts';

/** What is written at once; a socket rarely holds more. */
const BLOCK_BYTES = 512 * 1024;
/** With less room than this, a block goes to the disk. */
const LEAST_ROOM_BYTES = 64 * 1024;
/** Blocks on their way to the disk, after which the connection is held back. */
const WRITING_LIMIT = 2;

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

/** Writes a run of bytes at its place in a file, in blocks, and holds the connection back while the disk is slower. */
export class BlockWriter implements BodySink {
  readonly #options: BlockWriterOptions;
  readonly #writing = new Set<Promise<void>>();
  #block: Buffer | undefined;
  #filled = 0;
  /** Where the block belongs. */
  #start: number;
  #error: Error | undefined;
  #resume: (() => void) | undefined;

  constructor(options: BlockWriterOptions) {
    this.#options = options;
    this.#start = options.position;
  }

  /** The place of the next byte. */
  get position(): number {
    return this.#start + this.#filled;
  }

  room(): Buffer {
    if (this.#block && this.#block.length - this.#filled < LEAST_ROOM_BYTES) this.#flush();
    this.#block ??= this.#options.pool.take();
    return this.#block.subarray(this.#filled);
  }

  /** @throws Error where an earlier block could not be written. */
  take(bytes: number, resume: () => void): boolean {
    this.check();
    const block = this.#block as Buffer;
    this.#options.checksum?.update(block.subarray(this.#filled, this.#filled + bytes));
    this.#filled += bytes;
    this.#options.onBytes?.(bytes);
    if (this.#writing.size < WRITING_LIMIT) return true;
    this.#resume = resume;
    return false;
  }

  /** Settles when nothing is written any more; the writer is not to be used afterwards. */
  async settle(): Promise<void> {
    this.#flush();
    await Promise.all(this.#writing);
  }

  /** @throws Error where something could not be written. */
  check(): void {
    if (this.#error) throw this.#error;
  }

  #flush(): void {
    const block = this.#block;
    if (!block) return;
    const writing = this.#write(block, this.#filled, this.#start);
    this.#writing.add(writing);
    this.#start += this.#filled;
    this.#filled = 0;
    this.#block = undefined;
    void this.#follow(writing);
  }

  async #follow(writing: Promise<void>): Promise<void> {
    await writing;
    this.#writing.delete(writing);
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  async #write(block: Buffer, bytes: number, position: number): Promise<void> {
    try {
      if (!this.#error) await writeFully(this.#options.file, block, bytes, position);
    } catch (error) {
      this.#error ??= error as Error;
    } finally {
      this.#options.pool.give(block);
    }
  }
}

function writeFully(file: number, block: Buffer, bytes: number, position: number): Promise<void> {
  return new Promise((done, fail) => {
    const go = (start: number) => {
      write(file, block, start, bytes - start, position + start, (error, written) => {
        if (error) fail(error);
        else if (start + written >= bytes) done();
        else go(start + written);
      });
    };
    if (bytes === 0) done();
    else go(0);
  });
}
