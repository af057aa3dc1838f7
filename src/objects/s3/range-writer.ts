import { write, writev } from 'node:fs';

const BATCH_BYTES = 256 * 1024;
const HIGH_BYTES = 1024 * 1024;

/** Writes pieces at their place in a file as they arrive, and holds the connection back while the disk is slower. */
export class RangeWriter {
  readonly #file: number;
  #position: number;
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #waitingBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #error: Error | undefined;
  #resume: (() => void) | undefined;

  /** @param position where the first piece belongs, in bytes. */
  constructor(file: number, position: number) {
    this.#file = file;
    this.#position = position;
  }

  push(piece: Buffer, resume: () => void): boolean {
    this.#batch.push(piece);
    this.#batchBytes += piece.length;
    if (this.#batchBytes >= BATCH_BYTES) this.#flush();
    if (this.#waitingBytes < HIGH_BYTES) return true;
    this.#resume = resume;
    return false;
  }

  /** Settles when all is written. */
  async finish(): Promise<void> {
    this.#flush();
    await this.#writing;
    if (this.#error) throw this.#error;
  }

  #flush(): void {
    const batch = this.#batch;
    const bytes = this.#batchBytes;
    if (bytes === 0) return;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#waitingBytes += bytes;
    const position = this.#position;
    this.#position += bytes;
    this.#writing = this.#writeAfter(this.#writing, batch, bytes, position);
  }

  async #writeAfter(before: Promise<void>, batch: Buffer[], bytes: number, position: number): Promise<void> {
    await before;
    try {
      if (!this.#error) await writeFully(this.#file, batch, bytes, position);
    } catch (error) {
      this.#error = error as Error;
    }
    this.#waitingBytes -= bytes;
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }
}

function writeFully(file: number, batch: Buffer[], bytes: number, position: number): Promise<void> {
  return new Promise((done, fail) => {
    writev(file, batch, position, (error, written) => {
      if (error) fail(error);
      else if (written === bytes) done();
      else writeRest(file, Buffer.concat(batch), written, position, done, fail);
    });
  });
}

function writeRest(
  file: number,
  bytes: Buffer,
  start: number,
  position: number,
  done: () => void,
  fail: (error: Error) => void,
): void {
  write(file, bytes, start, bytes.length - start, position + start, (error, written) => {
    if (error) fail(error);
    else if (start + written === bytes.length) done();
    else writeRest(file, bytes, start + written, position, done, fail);
  });
}
