import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Md5Answer, type Md5Request, SLOT_BYTES } from './md5-messages.ts';
import { Md5Slots } from './md5-slots.ts';

/** An MD5 that a thread of its own makes. Ended by `digest` or `drop`. */
export interface ThreadMd5 {
  /** Takes pieces in, which are free afterwards; waits while too many are not hashed yet. */
  update(pieces: readonly Uint8Array[]): Promise<void>;
  digest(): Promise<Buffer>;
  /** Gives it up, if it has not ended. */
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
  readonly #slots = new Md5Slots();
  readonly #worker: Worker;
  readonly #running = new Map<number, ThreadHash>();
  #lastId = 0;

  constructor(onEnd: () => void) {
    const file = new URL(`./md5-worker${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: this.#slots.memory });
    this.#worker.on('message', (answer: Md5Answer) => {
      if (answer.type === 'free') this.#slots.give(answer.slot);
      else this.#running.get(answer.id)?.onDigest(Buffer.from(answer.digest));
    });
    this.#worker.on('error', (error) => this.#fail(error as Error));
    this.#worker.once('exit', () => {
      onEnd();
      this.#fail(new Error('the thread that hashes has ended'));
    });
    this.#worker.unref();
  }

  start(): ThreadMd5 {
    const id = ++this.#lastId;
    const hash = new ThreadHash(id, this.#worker, this.#slots, () => {
      this.#running.delete(id);
      // Only work under way may keep the process from ending.
      if (this.#running.size === 0) this.#worker.unref();
    });
    this.#running.set(id, hash);
    this.#worker.ref();
    return hash;
  }

  #fail(error: Error): void {
    this.#slots.fail(error);
    for (const hash of this.#running.values()) hash.onError(error);
    this.#running.clear();
  }
}

class ThreadHash implements ThreadMd5 {
  readonly #id: number;
  readonly #worker: Worker;
  readonly #slots: Md5Slots;
  readonly #onEnd: () => void;
  readonly #digest = Promise.withResolvers<Buffer>();
  #ended = false;
  #error: Error | undefined;

  constructor(id: number, worker: Worker, slots: Md5Slots, onEnd: () => void) {
    this.#id = id;
    this.#worker = worker;
    this.#slots = slots;
    this.#onEnd = onEnd;
    this.#digest.promise.catch(() => undefined);
    this.#post({ type: 'start', id });
  }

  async update(pieces: readonly Uint8Array[]): Promise<void> {
    let slot = await this.#slots.take();
    let length = 0;
    for (const piece of pieces) {
      for (let taken = 0; taken < piece.length; ) {
        if (length === SLOT_BYTES) {
          this.#post({ type: 'update', id: this.#id, slot, length });
          slot = await this.#slots.take();
          length = 0;
        }
        const part = piece.subarray(taken, taken + SLOT_BYTES - length);
        this.#slots.write(slot, length, part);
        length += part.length;
        taken += part.length;
      }
    }
    this.#post({ type: 'update', id: this.#id, slot, length });
  }

  async digest(): Promise<Buffer> {
    if (this.#error) throw this.#error;
    this.#post({ type: 'digest', id: this.#id });
    return this.#digest.promise;
  }

  drop(): void {
    if (this.#ended) return;
    this.#post({ type: 'drop', id: this.#id });
    this.#end();
  }

  onDigest(digest: Buffer): void {
    this.#end();
    this.#digest.resolve(digest);
  }

  onError(error: Error): void {
    this.#error = error;
    this.#digest.reject(error);
  }

  #end(): void {
    this.#ended = true;
    this.#onEnd();
  }

  #post(request: Md5Request): void {
    this.#worker.postMessage(request);
  }
}
