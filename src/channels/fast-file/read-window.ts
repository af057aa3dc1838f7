import { countBuffer } from '../../core/collect-buffers.ts';

/** A part of an object that is on its way, or there. */
export class ReadWindow {
  /** Of the object, bytes. */
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly #stop = new AbortController();
  readonly #pieces: Uint8Array[] = [];
  #received = 0;
  #settled = false;
  #error: unknown;
  #waiting: { readonly until: number; readonly wake: () => void }[] = [];

  /** @param fetch opens the bytes from `start` to before `end` */
  constructor(
    start: number,
    end: number,
    fetch: (start: number, end: number, signal: AbortSignal) => AsyncIterable<Uint8Array>,
  ) {
    this.start = start;
    this.end = end;
    this.#fill(fetch).then(
      () => this.#settle(new Error(`Expected ${end - start} bytes, got ${this.#received}.`)),
      (error: unknown) => this.#settle(error),
    );
  }

  /** The bytes from `start` to before `end`, once they are there; both within the window. */
  async read(start: number, end: number): Promise<Uint8Array[]> {
    const until = end - this.start;
    if (this.#received < until && !this.#settled) {
      await new Promise<void>((wake) => this.#waiting.push({ until, wake }));
    }
    if (this.#received < until) throw this.#error;
    return this.#slice(start - this.start, until);
  }

  /** What has come, from `start` on. */
  get pieces(): readonly Uint8Array[] {
    return this.#pieces;
  }

  get aborted(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Ends the transfer; who still waits gets an error. */
  abort(): void {
    this.#stop.abort();
  }

  async #fill(
    fetch: (start: number, end: number, signal: AbortSignal) => AsyncIterable<Uint8Array>,
  ): Promise<void> {
    for await (const piece of fetch(this.start, this.end, this.#stop.signal)) {
      if (this.#received + piece.byteLength > this.end - this.start) throw new Error('Too many bytes came.');
      this.#pieces.push(piece);
      countBuffer(piece.byteLength);
      this.#received += piece.byteLength;
      this.#wake();
      if (this.#stop.signal.aborted) return;
    }
  }

  #settle(error: unknown): void {
    this.#settled = true;
    this.#error = error;
    this.#wake();
  }

  #wake(): void {
    const ready = this.#waiting.filter(({ until }) => this.#settled || until <= this.#received);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((each) => !ready.includes(each));
    for (const { wake } of ready) wake();
  }

  #slice(from: number, to: number): Uint8Array[] {
    const slices: Uint8Array[] = [];
    let at = 0;
    for (const piece of this.#pieces) {
      const start = Math.max(from - at, 0);
      const end = Math.min(to - at, piece.byteLength);
      if (start < end) slices.push(piece.subarray(start, end));
      at += piece.byteLength;
      if (at >= to) break;
    }
    return slices;
  }
}
