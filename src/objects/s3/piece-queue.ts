const HIGH_BYTES = 2 * 1024 * 1024;
const LOW_BYTES = 512 * 1024;

/** Pieces on their way from a connection to a reader; holds the connection back while the reader is slow. */
export class PieceQueue {
  readonly #pieces: Uint8Array[] = [];
  readonly #abandon: () => void;
  #bytes = 0;
  #ended = false;
  #error: unknown;
  #resume: (() => void) | undefined;
  #wake: (() => void) | undefined;

  constructor(abandon: () => void) {
    this.#abandon = abandon;
  }

  push(piece: Uint8Array, resume: () => void): boolean {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    this.#wake?.();
    if (this.#bytes < HIGH_BYTES) return true;
    this.#resume = resume;
    return false;
  }

  end(error?: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  /** A reader that stops early ends the transfer. */
  async *read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        for (let piece = this.#take(); piece !== undefined; piece = this.#take()) yield piece;
        if (this.#ended) break;
        await new Promise<void>((wake) => {
          this.#wake = wake;
        });
      }
      if (this.#error !== undefined) throw this.#error;
    } finally {
      this.#abandon();
    }
  }

  #take(): Uint8Array | undefined {
    const piece = this.#pieces.shift();
    if (piece) this.#bytes -= piece.length;
    if (this.#resume && this.#bytes <= LOW_BYTES) {
      const resume = this.#resume;
      this.#resume = undefined;
      resume();
    }
    return piece;
  }
}
