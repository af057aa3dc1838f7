import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { FifoWriter } from './fifo-writer.ts';

const MEMORY_BYTES = 4 * 1024 * 1024;
const SPLICE_BYTES = 1024 * 1024;

/**
 * Bytes that wait for their turn in a FIFO: in a buffer that is used again and again, and beyond it in a file without a
 * name, whose pages go into the FIFO without a copy.
 */
export class HeldBytes {
  /** Bytes that are written here count once they are told to {@link HeldBytes.add}. */
  readonly memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
  readonly #directory: string;
  #filled = 0;
  #file: number | undefined;
  #spilled = 0;

  /** @param directory where there is room for what is too large for memory */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Of those in memory. */
  get filled(): number {
    return this.#filled;
  }

  get room(): number {
    return MEMORY_BYTES - this.#filled;
  }

  /** All that are held. */
  get length(): number {
    return this.#spilled + this.#filled;
  }

  add(bytes: number): void {
    this.#filled += bytes;
  }

  /** @throws Error with the system's code, where the disk is full */
  append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      if (this.room === 0) this.spill();
      const part = bytes.subarray(done, done + this.room);
      this.memory.set(part, this.#filled);
      this.#filled += part.length;
      done += part.length;
    }
  }

  /** Puts other bytes in the place of some that are held. */
  replace(position: number, bytes: Uint8Array): void {
    const before = Math.max(0, Math.min(bytes.length, this.#spilled - position));
    if (before > 0) writeAll(this.#file as number, bytes.subarray(0, before), position);
    if (before < bytes.length) this.memory.set(bytes.subarray(before), position + before - this.#spilled);
  }

  /** Empties the memory into the file. */
  spill(): void {
    this.#file ??= openUnnamed(this.#directory);
    writeAll(this.#file, this.memory.subarray(0, this.#filled), this.#spilled);
    this.#spilled += this.#filled;
    this.#filled = 0;
  }

  /** Writes all that is held; it is empty then. */
  drain(writer: FifoWriter): void {
    if (this.#file !== undefined) this.#drainFile(this.#file, writer);
    writer.write(this.memory, this.#filled);
    this.clear();
  }

  /** Throws away what is held. */
  clear(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#spilled = 0;
    this.#filled = 0;
  }

  /** A file is never written again once its pages lie in a pipe: they would change there. */
  #drainFile(file: number, writer: FifoWriter): void {
    // The file's own position is at its start: all was written to places.
    for (let done = 0; done < this.#spilled; ) {
      const moved = writer.splice(file, Math.min(SPLICE_BYTES, this.#spilled - done));
      if (moved === undefined) return this.#copyFile(file, done, writer);
      if (moved === 0) throw new Error('A file of inflated bytes has become shorter.');
      done += moved;
    }
  }

  #copyFile(file: number, from: number, writer: FifoWriter): void {
    const buffer = Buffer.allocUnsafe(SPLICE_BYTES);
    for (let done = from; done < this.#spilled; ) {
      const read = readSync(file, buffer, 0, buffer.length, done);
      if (read === 0) throw new Error('A file of inflated bytes has become shorter.');
      writer.write(buffer, read);
      done += read;
    }
  }
}

/** A file that is gone when it is closed, or its process ends. */
export function openUnnamed(directory: string): number {
  const path = join(directory, `.sluice-ahead-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return fd;
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
}
