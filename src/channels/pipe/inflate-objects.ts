import { closeSync, openSync, readSync } from 'node:fs';
import { recordPadding } from '../../contract/recordio.ts';
import { filePath } from '../../core/file-name.ts';
import { objectError, type SourceObject } from '../source/source-object.ts';
import type { FifoWriter } from './fifo-writer.ts';
import { HeldBytes } from './held-bytes.ts';
import { gzipInvalid } from './inflate.ts';
import { InflateError, NativeInflate } from './native-inflate.ts';
import { headerOf } from './stream-objects.ts';

/** When objects may be written. */
export interface Turn {
  hasCome(): boolean;
  /** Returns when it has come; throws `Ended` where it never will. */
  wait(): void;
  readonly writer: FifoWriter;
}

/** What happens to objects on their way. */
export interface InflateOptions {
  readonly recordIO: boolean;
  readonly spillDirectory: string;
}

const INPUT_BYTES = 128 * 1024;
/** So much is inflated and written while it is still in the processor's cache. */
const PIECE_BYTES = 256 * 1024;

const NO_HEADER = new Uint8Array(8);

/**
 * Inflates gzip files of this machine for a thread of its own: before its turn into memory and a file without a name,
 * then straight into the FIFO. Its buffers are used again and again.
 */
export class ObjectInflater {
  readonly #options: InflateOptions;
  readonly #held: HeldBytes;
  readonly #input = Buffer.allocUnsafeSlow(INPUT_BYTES);
  readonly #inflate: NativeInflate;

  constructor(options: InflateOptions) {
    this.#options = options;
    this.#held = new HeldBytes(options.spillDirectory);
    this.#inflate = new NativeInflate(this.#input, this.#held.memory);
  }

  /**
   * Writes objects one after the other when their turn has come. @returns the bytes of their contents
   *
   * @throws SluiceError that names the object, in its turn; `Ended`
   */
  write(objects: Iterable<SourceObject>, turn: Turn): number {
    let bytes = 0;
    try {
      for (const object of objects) bytes += this.#add(object, turn);
      turn.wait();
      this.#held.drain(turn.writer);
      return bytes;
    } catch (error) {
      turn.wait();
      throw error;
    } finally {
      this.#held.clear();
    }
  }

  close(): void {
    this.#inflate.close();
  }

  /** One object, framed as asked. */
  #add(object: SourceObject, turn: Turn): number {
    const { recordIO } = this.#options;
    const start = this.#held.length;
    if (recordIO) this.#guard(object, () => this.#held.append(NO_HEADER));
    const bytes = this.#guard(object, () =>
      object.text === undefined ? this.#addFile(object, turn) : this.#addText(object.text),
    );
    if (recordIO) {
      this.#held.replace(start, headerOf(object, bytes));
      this.#guard(object, () => this.#held.append(new Uint8Array(recordPadding(bytes))));
      this.#relieve(turn);
    }
    return bytes;
  }

  #addText(text: string): number {
    const bytes = Buffer.from(text);
    this.#held.append(bytes);
    return bytes.length;
  }

  #addFile(object: SourceObject, turn: Turn): number {
    const file = openSync(filePath(object.file ?? ''), 'r');
    let bytes = 0;
    try {
      this.#inflate.reset();
      for (;;) {
        const read = readSync(file, this.#input, 0, INPUT_BYTES, null);
        if (read === 0) break;
        this.#inflate.give(read);
        bytes += this.#takeAll(turn);
      }
      if (!this.#inflate.isWhole) throw new InflateError('unexpected end of file');
      return bytes;
    } finally {
      closeSync(file);
    }
  }

  /** Inflates what was read. */
  #takeAll(turn: Turn): number {
    for (let bytes = 0; ; ) {
      const wanted = Math.min(PIECE_BYTES, this.#held.room);
      const taken = this.#inflate.take(this.#held.filled, wanted);
      this.#held.add(taken);
      bytes += taken;
      if (taken < wanted && this.#inflate.isHungry) return bytes;
      // The length of a record stands before it.
      if (!this.#options.recordIO) this.#relieve(turn);
      turn.writer.checkAborted();
      if (this.#held.room === 0) this.#held.spill();
    }
  }

  #relieve(turn: Turn): void {
    if (this.#held.length >= PIECE_BYTES && turn.hasCome()) this.#held.drain(turn.writer);
  }

  #guard<T>(object: SourceObject, act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof InflateError) throw gzipInvalid(object, error);
      throw objectError(error, object);
    }
  }
}
