import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SluiceError } from '../../core/errors.ts';
import type { SourceObject } from '../source/source-object.ts';
import {
  CANCEL_AT,
  type InflateAnswer,
  type InflateBatch,
  type InflateData,
  type InflateRequest,
  TURN_AT,
} from './inflate-messages.ts';
import { reviveError } from './plain-error.ts';
import type { EpochEnd } from './write-stream.ts';

/** Threads of a channel. One FIFO takes no more than so many can inflate. */
const MOST_THREADS = 6;
/** Objects go to a thread by themselves from this size on, smaller ones together: compressed bytes. */
const BATCH_BYTES = 256 * 1024;
/** Where the listing does not tell. */
const ASSUMED_BYTES = 32 * 1024;

/** An epoch whose objects are gzip files of this machine, or texts. */
export interface InflateEpoch {
  /** An open FIFO that does not block. */
  readonly fd: number;
  readonly objects: AsyncIterable<readonly SourceObject[]>;
  readonly onProgress: (progress: { readonly objects: number; readonly bytes: number }) => void;
}

/** Threads that inflate objects at the same time and write them in their order. They start with the first epoch. */
export class InflateThreads {
  readonly #data: InflateData;
  readonly #state: Int32Array;
  readonly #threads: InflateThread[] = [];

  constructor(data: Omit<InflateData, 'epoch'>) {
    const epoch = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    this.#data = { ...data, epoch };
    this.#state = new Int32Array(epoch);
  }

  /** Feeds one epoch; not two at once. @throws SluiceError that names the object */
  async feed({ fd, objects, onProgress }: InflateEpoch): Promise<EpochEnd> {
    Atomics.store(this.#state, TURN_AT, 0);
    Atomics.store(this.#state, CANCEL_AT, 0);
    const free = this.#start();
    const running = new Set<Promise<void>>();
    const progress = { objects: 0, bytes: 0 };
    const outcome: { end: EpochEnd; failure?: { readonly error: unknown } } = { end: 'sent' };
    const fail = (error: unknown): void => {
      outcome.failure ??= { error };
      Atomics.store(this.#state, CANCEL_AT, 1);
    };
    const run = async (thread: InflateThread, batch: InflateBatch): Promise<void> => {
      try {
        const { end, bytes } = await thread.run(batch);
        if (end === 'closed') {
          outcome.end = 'closed';
          Atomics.store(this.#state, CANCEL_AT, 1);
        } else {
          progress.objects += batch.objects.length;
          progress.bytes += bytes;
          onProgress(progress);
        }
      } catch (error) {
        fail(error);
      }
      free.push(thread);
    };
    let number = 0;
    try {
      for await (const batch of batches(objects)) {
        if (free.length === 0) await Promise.race(running);
        if (outcome.failure || outcome.end === 'closed') break;
        const work = run(free.pop() as InflateThread, { kind: 'batch', number, fd, objects: batch });
        running.add(work);
        void work.finally(() => running.delete(work));
        number++;
      }
    } catch (error) {
      fail(error);
    }
    await Promise.all(running);
    if (outcome.failure) throw outcome.failure.error;
    return outcome.end;
  }

  /** Lets the threads end once they have nothing to do; the stop flag makes that soon. Idempotent. */
  close(): void {
    for (const thread of this.#threads.splice(0)) thread.close();
  }

  #start(): InflateThread[] {
    const count = Math.min(availableParallelism(), MOST_THREADS);
    while (this.#threads.length < count) this.#threads.push(new InflateThread(this.#data));
    return [...this.#threads];
  }
}

class InflateThread {
  readonly #worker: Worker;
  #answer: (answer: InflateAnswer) => void = () => undefined;
  #lost: (error: unknown) => void = () => undefined;

  constructor(workerData: InflateData) {
    const file = new URL(`./inflate-worker${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(file, { workerData, trackUnmanagedFds: false });
    this.#worker.on('message', (answer: InflateAnswer) => this.#answer(answer));
    this.#worker.on('error', (error) => this.#lost(error));
    this.#worker.on('exit', () => this.#lost(threadLost()));
  }

  run(batch: InflateBatch): Promise<InflateAnswer & { readonly kind: 'end' }> {
    return new Promise((resolve, reject) => {
      this.#lost = reject;
      this.#answer = (answer) => {
        if (answer.kind === 'end') resolve(answer);
        else reject(reviveError(answer.error));
      };
      this.#post(batch);
    });
  }

  close(): void {
    this.#post({ kind: 'close' });
  }

  #post(request: InflateRequest): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(request);
  }
}

/** Small objects together, so that threads are spoken to less often. */
async function* batches(
  source: AsyncIterable<readonly SourceObject[]>,
): AsyncGenerator<readonly SourceObject[]> {
  for await (const objects of source) {
    let batch: SourceObject[] = [];
    let bytes = 0;
    for (const object of objects) {
      batch.push(object);
      bytes += object.size ?? object.text?.length ?? ASSUMED_BYTES;
      if (bytes < BATCH_BYTES) continue;
      yield batch;
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) yield batch;
  }
}

function threadLost(): SluiceError {
  return new SluiceError('InternalError', 'A thread that inflates a Pipe channel has ended unexpectedly.');
}
