import type { ObjectVerifier } from '../../objects/index.ts';

/**
 * Holds a file that is read from its beginning to its end against its object's checksum, in whatever pieces it is read.
 * What is read at random cannot be: stores give checksums for whole objects alone.
 */
export class OrderlyCheck {
  readonly #size: number;
  readonly #open: () => Promise<ObjectVerifier | undefined>;
  #verifier: ObjectVerifier | undefined;
  #opening: Promise<void> | undefined;
  #ended: Promise<void> | undefined;
  #position = 0;

  /** @param size of the object, bytes @param open asks the store for its checksum, when it is first needed */
  constructor(size: number, open: () => Promise<ObjectVerifier | undefined>) {
    this.#size = size;
    this.#open = open;
  }

  /** Resolves when pieces can be taken. @throws SluiceError that names the object */
  ready(): Promise<void> {
    this.#opening ??= this.#openVerifier();
    return this.#opening;
  }

  async #openVerifier(): Promise<void> {
    this.#verifier = await this.#open();
  }

  /** Takes what of these pieces, which lie one after the other from `start` on, is next. */
  take(start: number, pieces: readonly Uint8Array[]): void {
    let at = start;
    for (const piece of pieces) {
      const skipped = this.#position - at;
      if (skipped >= 0 && skipped < piece.byteLength) {
        this.#verifier?.update(piece.subarray(skipped));
        this.#position = at + piece.byteLength;
      }
      at += piece.byteLength;
    }
  }

  /** To be called before the last byte is given on. @throws SluiceError `ChecksumMismatch` where all was read in order */
  async end(): Promise<void> {
    if (this.#position < this.#size) return;
    this.#ended ??= this.#verifier?.end();
    await this.#ended;
  }
}
