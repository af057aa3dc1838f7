import { SLOT_BYTES } from './md5-messages.ts';

/** Of all bodies together, however many there are: what is not hashed yet waits where it comes from. */
const SLOTS = 32;

/** The memory through which pieces go to the thread that hashes. */
export class Md5Slots {
  readonly memory = new SharedArrayBuffer(SLOTS * SLOT_BYTES);
  readonly #bytes = new Uint8Array(this.memory);
  readonly #free = Array.from({ length: SLOTS }, (_, slot) => slot);
  readonly #waiting: PromiseWithResolvers<number>[] = [];
  #error: Error | undefined;

  /** A slot of one's own; who comes first gets the next one that is free. */
  async take(): Promise<number> {
    if (this.#error) throw this.#error;
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    const waiting = Promise.withResolvers<number>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  write(slot: number, offset: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, slot * SLOT_BYTES + offset);
  }

  give(slot: number): void {
    const next = this.#waiting.shift();
    if (next) next.resolve(slot);
    else this.#free.push(slot);
  }

  /** Nobody gives a slot back any more. */
  fail(error: Error): void {
    this.#error = error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}
