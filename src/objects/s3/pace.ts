/** Fewer bytes than these in the whole time that a silent endpoint is given are no transfer. */
const LEAST_BYTES = 1024;

/**
 * Holds the arrival of bytes against the time: an endpoint that sends one now and then is never silent, and would be waited
 * for without an end. It looks at the clock when bytes come, and costs no timer.
 */
export class Pace {
  readonly #periodMs: number;
  #since = performance.now();
  #bytes = 0;

  /** @param periodMs without a byte for so long, a request fails anyway */
  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** Begins anew. */
  restart(): void {
    this.#since = performance.now();
    this.#bytes = 0;
  }

  /** Bytes that bring the transfer on have come. @throws Error where they are too few for the time */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (performance.now() - this.#since < this.#periodMs) return;
    if (this.#bytes < LEAST_BYTES) throw new Error(`only ${this.#bytes} bytes came in ${this.#periodMs} ms`);
    this.restart();
  }
}
