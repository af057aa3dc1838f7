import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { recordPadding } from '../../contract/recordio.ts';
import { filePath } from '../../core/file-name.ts';
import { objectError, type SourceObject } from '../source/source-object.ts';
import { FifoWriter, type FifoWriterOptions, untilEnded } from './fifo-writer.ts';
import { changedWhileRead, headerOf } from './stream-objects.ts';
import type { EpochEnd } from './write-stream.ts';

/** Where to write, and how. */
export interface SpliceOptions extends FifoWriterOptions {
  readonly recordIO: boolean;
  readonly onObject: (bytes: number) => void;
}

/** A smaller file is copied into a batch of many; a larger one is spliced. */
const SMALL_BYTES = 128 * 1024;
const BATCH_BYTES = 1024 * 1024;
/** Bytes asked of one splice. */
const SPLICE_BYTES = 1024 * 1024;

/**
 * Writes files of this machine into a FIFO, one after the other, for a thread of its own. The pages of large files
 * are moved by splice(2) without being copied; small files are gathered, so that many go with one call.
 *
 * By design: a file that is altered in place while it lies in the pipe is read as altered.
 */
export class ObjectSplicer {
  readonly #options: SpliceOptions;
  readonly #writer: FifoWriter;
  readonly #batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #filled = 0;

  constructor(options: SpliceOptions) {
    this.#options = options;
    this.#writer = new FifoWriter(options);
  }

  /** @returns 'closed' when the reader has gone @throws SluiceError that names the object */
  write(objects: Iterable<SourceObject>): EpochEnd {
    return untilEnded(() => {
      for (const object of objects) this.#writeObject(object);
    });
  }

  /** Writes what is still gathered. */
  flush(): EpochEnd {
    return untilEnded(() => this.#flush());
  }

  #writeObject(object: SourceObject): void {
    if (object.text !== undefined) return this.#writeText(object, object.text);
    const file = this.#guard(object, () => openSync(filePath(object.file ?? ''), 'r'));
    try {
      const size = this.#needsSize(object) ? fstatSync(file).size : (object.size ?? 0);
      if (this.#options.recordIO) this.#append(headerOf(object, size));
      const sent = size <= SMALL_BYTES ? this.#gather(object, file, size) : this.#splice(object, file, size);
      if (this.#options.recordIO) {
        if (sent !== size) throw changedWhileRead(object);
        this.#append(new Uint8Array(recordPadding(size)));
      }
      this.#options.onObject(sent);
    } finally {
      closeSync(file);
    }
  }

  /** The size of a listing that is old by now will do to choose a way, but not for a header. */
  #needsSize({ size }: SourceObject): boolean {
    return size === undefined || this.#options.recordIO;
  }

  #writeText(object: SourceObject, text: string): void {
    const bytes = Buffer.from(text);
    if (this.#options.recordIO) this.#append(headerOf(object, bytes.length));
    this.#append(bytes);
    if (this.#options.recordIO) this.#append(new Uint8Array(recordPadding(bytes.length)));
    this.#options.onObject(bytes.length);
  }

  /** A whole file into the batch. With RecordIO no more than `size`. */
  #gather(object: SourceObject, file: number, size: number): number {
    let sent = 0;
    for (;;) {
      if (this.#filled === BATCH_BYTES || BATCH_BYTES - this.#filled < size - sent) this.#flush();
      const room = BATCH_BYTES - this.#filled;
      const wanted = this.#options.recordIO ? Math.min(room, size - sent) : room;
      const read =
        wanted === 0 ? 0 : this.#guard(object, () => readSync(file, this.#batch, this.#filled, wanted, null));
      this.#filled += read;
      sent += read;
      if (read === 0 || (sent === size && this.#options.recordIO)) return sent;
    }
  }

  #splice(object: SourceObject, file: number, size: number): number {
    this.#flush();
    let sent = 0;
    for (;;) {
      const wanted = this.#options.recordIO ? Math.min(SPLICE_BYTES, size - sent) : SPLICE_BYTES;
      if (wanted === 0) return sent;
      const moved = this.#guard(object, () => this.#writer.splice(file, wanted));
      if (moved === undefined) return sent + this.#copy(object, file, size - sent);
      if (moved === 0) return sent;
      sent += moved;
    }
  }

  #copy(object: SourceObject, file: number, size: number): number {
    let sent = 0;
    for (;;) {
      this.#flush();
      const wanted = this.#options.recordIO ? Math.min(BATCH_BYTES, size - sent) : BATCH_BYTES;
      const read = wanted === 0 ? 0 : this.#guard(object, () => readSync(file, this.#batch, 0, wanted, null));
      if (read === 0) return sent;
      this.#filled = read;
      sent += read;
    }
  }

  #append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      if (this.#filled === BATCH_BYTES) this.#flush();
      const part = bytes.subarray(done, done + BATCH_BYTES - this.#filled);
      this.#batch.set(part, this.#filled);
      this.#filled += part.length;
      done += part.length;
    }
  }

  #flush(): void {
    this.#writer.write(this.#batch, this.#filled);
    this.#filled = 0;
  }

  #guard<T>(object: SourceObject, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw objectError(error, object);
    }
  }
}
