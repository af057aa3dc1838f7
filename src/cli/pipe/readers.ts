import { isRunning, type ReaderProcess } from '../../channels/index.ts';

const LOOK_EVERY_MS = 200;

/** Knows the processes that have read, and tells when all of them have ended and no other has come for a while. */
export class Readers {
  readonly done: Promise<void>;
  readonly #known = new Map<number, ReaderProcess>();
  readonly #timer: NodeJS.Timeout;
  readonly #lingerMs: number;
  #lastSeen = performance.now();
  #any = false;

  constructor(lingerMs: number) {
    this.#lingerMs = lingerMs;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#timer = setInterval(() => {
      if (this.#isDone()) resolve();
    }, LOOK_EVERY_MS);
  }

  add(readers: readonly ReaderProcess[]): void {
    for (const reader of readers) this.#known.set(reader.pid, reader);
    this.#any ||= readers.length > 0;
    this.#lastSeen = performance.now();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #isDone(): boolean {
    for (const [pid, reader] of this.#known) if (!isRunning(reader)) this.#known.delete(pid);
    if (this.#known.size > 0) this.#lastSeen = performance.now();
    return this.#any && performance.now() - this.#lastSeen >= this.#lingerMs;
  }
}
