import type { S3Headers } from './s3-request.ts';

/** Where the body of a success goes: the socket's bytes are read straight into its memory. */
export interface BodySink {
  /** The head of a success. */
  onHead?(headers: S3Headers, status: number): void;
  /** Memory for the next bytes; never empty. */
  room(): Buffer;
  /** So many bytes have come into `room()`. */
  take(bytes: number): void;
}

/** Puts a piece that came otherwise into a sink. */
export function copyInto(sink: BodySink, piece: Buffer): void {
  for (let start = 0; start < piece.length; ) {
    const copied = piece.copy(sink.room(), 0, start);
    start += copied;
    sink.take(copied);
  }
}

/** A small body, whole in memory; one after the other. */
export class MemorySink implements BodySink {
  #memory: Buffer = Buffer.alloc(0);
  #size = 0;

  /** What has come; it is there until the sink is used again. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#size);
  }

  /** Makes room beforehand for what is likely to come. */
  expect(bytes: number): void {
    this.#size = 0;
    if (this.#memory.length < bytes) this.#memory = Buffer.allocUnsafeSlow(bytes);
  }

  onHead(): void {
    this.#size = 0;
  }

  room(): Buffer {
    if (this.#size === this.#memory.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(4096, this.#memory.length * 2));
      this.#memory.copy(larger);
      this.#memory = larger;
    }
    return this.#memory.subarray(this.#size);
  }

  take(bytes: number): void {
    this.#size += bytes;
  }
}
