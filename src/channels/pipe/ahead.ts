import { closeSync, readSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { countBuffer } from '../../core/collect-buffers.ts';
import { openUnnamed } from './held-bytes.ts';

const writeFile = promisify(write);

/** How a source is read ahead of its turn. */
export interface AheadOptions {
  /** Bytes that may wait in memory. */
  readonly memoryBytes: number;
  /** Where to keep what goes beyond; without it the source is held back. */
  readonly spillDirectory?: string | undefined;
}

const SPILL_READ_BYTES = 1024 * 1024;

/**
 * A source of bytes that is read before its turn comes. What does not fit in memory goes to a file without a name, so
 * that a core has work although the reader is busy with what comes before. Once its turn has come, bytes go straight on.
 */
export class Ahead {
  readonly #options: AheadOptions;
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #spill: number | undefined;
  #spilled = 0;
  #unspilled = 0;
  #total = 0;
  #current = false;
  #whole = false;
  #cancelled = false;
  #failure: { readonly error: unknown } | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #pumped: Promise<void>;

  constructor(source: AsyncIterable<Uint8Array>, options: AheadOptions) {
    this.#options = options;
    this.#pumped = this.#pump(source);
  }

  /** Settles when the source has been read to its end, or has failed. Never rejects. */
  get pumped(): Promise<void> {
    return this.#pumped;
  }

  /** The number of all bytes; the source is read to its end for it. @throws what the source throws */
  async length(): Promise<number> {
    this.#whole = true;
    this.#notify();
    await this.#pumped;
    if (this.#failure) throw this.#failure.error;
    return this.#total;
  }

  /** The bytes, once. */
  async *read(): AsyncGenerator<Uint8Array> {
    this.#current = true;
    this.#notify();
    let ended = false;
    void this.#pumped.finally(() => {
      ended = true;
      this.#notify();
    });
    for (;;) {
      const piece = this.#take();
      if (piece) yield piece;
      else if (this.#failure) throw this.#failure.error;
      else if (ended) return;
      else await this.#changed();
    }
  }

  /** Stops reading and frees what is held. Idempotent. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    this.#notify();
    await this.#pumped;
    if (this.#spill !== undefined) closeSync(this.#spill);
    this.#spill = undefined;
    this.#queue.length = 0;
  }

  async #pump(source: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const piece of source) {
        if (this.#cancelled) return;
        await this.#keep(piece);
        this.#notify();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#notify();
  }

  async #keep(piece: Uint8Array): Promise<void> {
    this.#total += piece.length;
    countBuffer(piece.length);
    const { memoryBytes, spillDirectory } = this.#options;
    const isSpilling = this.#spilled > this.#unspilled;
    if (!isSpilling && this.#queuedBytes + piece.length <= memoryBytes) return this.#enqueue(piece);
    if (spillDirectory !== undefined && (isSpilling || !this.#current))
      return this.#spillOut(piece, spillDirectory);
    while (this.#queuedBytes > 0 && !this.#whole && !this.#cancelled) await this.#changed();
    this.#enqueue(piece);
  }

  #enqueue(piece: Uint8Array): void {
    this.#queue.push(piece);
    this.#queuedBytes += piece.length;
  }

  async #spillOut(piece: Uint8Array, directory: string): Promise<void> {
    this.#spill ??= openUnnamed(directory);
    for (let done = 0; done < piece.length; ) {
      const { bytesWritten } = await writeFile(
        this.#spill,
        piece,
        done,
        piece.length - done,
        this.#spilled + done,
      );
      done += bytesWritten;
    }
    this.#spilled += piece.length;
  }

  #take(): Uint8Array | undefined {
    const piece = this.#queue.shift();
    if (piece) {
      this.#queuedBytes -= piece.length;
      this.#notify();
      return piece;
    }
    if (this.#spill === undefined || this.#unspilled === this.#spilled) return undefined;
    const buffer = Buffer.allocUnsafe(Math.min(SPILL_READ_BYTES, this.#spilled - this.#unspilled));
    const read = readSync(this.#spill, buffer, 0, buffer.length, this.#unspilled);
    this.#unspilled += read;
    return buffer.subarray(0, read);
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #notify(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
