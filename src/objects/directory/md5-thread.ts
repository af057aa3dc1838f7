import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Md5Answer, Md5Request } from './md5-messages.ts';

const SLOT_BYTES = 1024 * 1024;
const SLOTS = 4;

/** An MD5 that a thread of its own makes. Ended by `digest` or `drop`. */
export interface ThreadMd5 {
  /** Takes pieces in, which are free afterwards; waits while too many are not hashed yet. */
  update(pieces: readonly Uint8Array[]): Promise<void>;
  digest(): Promise<Buffer>;
  /** Gives it up. */
  drop(): void;
}

/** Starts an MD5 on the one thread of this process, which starts with the first. */
export function startThreadMd5(): ThreadMd5 {
  thread ??= new Md5Thread(() => {
    thread = undefined;
  });
  return thread.start();
}

let thread: Md5Thread | undefined;

class Md5Thread {
  readonly #worker: Worker;
  readonly #running = new Map<number, ThreadHash>();
  #lastId = 0;

  constructor(onEnd: () => void) {
    this.#worker = new Worker(new URL(`./md5-worker${extname(import.meta.url)}`, import.meta.url));
    this.#worker.on('message', (answer: Md5Answer) => this.#running.get(answer.id)?.onAnswer(answer));
    this.#worker.on('error', (error) => this.#fail(error as Error));
    this.#worker.once('exit', () => {
      onEnd();
      this.#fail(new Error('the thread that hashes has ended'));
    });
    this.#worker.unref();
  }

  start(): ThreadMd5 {
    const id = ++this.#lastId;
    const hash = new ThreadHash(id, this.#worker, () => {
      this.#running.delete(id);
      // Only work under way may keep the process from ending.
      if (this.#running.size === 0) this.#worker.unref();
    });
    this.#running.set(id, hash);
    this.#worker.ref();
    return hash;
  }

  #fail(error: Error): void {
    for (const hash of this.#running.values()) hash.onError(error);
    this.#running.clear();
  }
}

class ThreadHash implements ThreadMd5 {
  readonly #id: number;
  readonly #worker: Worker;
  readonly #onEnd: () => void;
  readonly #memory: Uint8Array;
  readonly #free = Array.from({ length: SLOTS }, (_, slot) => slot);
  readonly #digest = Promise.withResolvers<Buffer>();
  #wake: (() => void) | undefined;
  #error: Error | undefined;

  constructor(id: number, worker: Worker, onEnd: () => void) {
    this.#id = id;
    this.#worker = worker;
    this.#onEnd = onEnd;
    const memory = new SharedArrayBuffer(SLOTS * SLOT_BYTES);
    this.#memory = new Uint8Array(memory);
    this.#digest.promise.catch(() => undefined);
    this.#post({ type: 'start', id, memory });
  }

  async update(pieces: readonly Uint8Array[]): Promise<void> {
    let slot = await this.#slot();
    let length = 0;
    for (const piece of pieces) {
      for (let taken = 0; taken < piece.length; ) {
        if (length === SLOT_BYTES) {
          this.#hand(slot, length);
          slot = await this.#slot();
          length = 0;
        }
        const part = piece.subarray(taken, taken + SLOT_BYTES - length);
        this.#memory.set(part, slot * SLOT_BYTES + length);
        length += part.length;
        taken += part.length;
      }
    }
    this.#hand(slot, length);
  }

  async digest(): Promise<Buffer> {
    if (this.#error) throw this.#error;
    this.#post({ type: 'digest', id: this.#id });
    return this.#digest.promise;
  }

  drop(): void {
    this.#post({ type: 'drop', id: this.#id });
    this.#onEnd();
  }

  onAnswer(answer: Md5Answer): void {
    if (answer.type === 'free') {
      this.#free.push(answer.slot);
      this.#wake?.();
      return;
    }
    this.#onEnd();
    this.#digest.resolve(Buffer.from(answer.digest));
  }

  onError(error: Error): void {
    this.#error = error;
    this.#digest.reject(error);
    this.#wake?.();
  }

  async #slot(): Promise<number> {
    for (;;) {
      if (this.#error) throw this.#error;
      const slot = this.#free.pop();
      if (slot !== undefined) return slot;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  #hand(slot: number, length: number): void {
    this.#post({ type: 'update', id: this.#id, slot, start: slot * SLOT_BYTES, length });
  }

  #post(request: Md5Request): void {
    this.#worker.postMessage(request);
  }
}
