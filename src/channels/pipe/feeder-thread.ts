import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SluiceError } from '../../core/errors.ts';
import type { TreePlace } from '../../core/tree/index.ts';
import type { SourceObject } from '../source/source-object.ts';
import type { EpochProgress, FeedOptions } from './feed-epoch.ts';
import type { FeederAnswer, FeederData, FeederRequest } from './feeder-messages.ts';
import { reviveError } from './plain-error.ts';
import type { ReaderProcess } from './reader-processes.ts';
import type { EpochEnd } from './write-stream.ts';

/** One epoch for the thread. */
export interface ThreadEpoch {
  readonly fifo: TreePlace;
  readonly objects: AsyncIterable<readonly SourceObject[]>;
  readonly onProgress: (progress: EpochProgress) => void;
  readonly onReaders?: ((readers: readonly ReaderProcess[]) => void) | undefined;
}

/** A thread that feeds the epochs of one channel, so that neither a slow reader nor the copying holds up the others. */
export class FeederThread {
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #answer: (answer: FeederAnswer) => void = () => undefined;
  #lost: (error: unknown) => void = () => undefined;

  constructor(options: FeedOptions) {
    const file = new URL(`./feeder-worker${extname(import.meta.url)}`, import.meta.url);
    const workerData: FeederData = { options, stop: this.#stop.buffer };
    this.#worker = new Worker(file, { workerData, trackUnmanagedFds: false });
    this.#worker.on('message', (answer: FeederAnswer) => this.#answer(answer));
    this.#worker.on('error', (error) => this.#lost(error));
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
  }

  /** Feeds one epoch; not two at once. @throws SluiceError that names the object */
  async feed(epoch: ThreadEpoch): Promise<EpochEnd | undefined> {
    const batches = epoch.objects[Symbol.asyncIterator]();
    try {
      return await new Promise((resolve, reject) => {
        this.#lost = reject;
        void this.#exited.finally(() => (this.#isStopped() ? resolve(undefined) : reject(threadLost())));
        this.#answer = (answer) => {
          if (answer.kind === 'want') this.#send(batches).catch(reject);
          else if (answer.kind === 'progress') epoch.onProgress(answer.progress);
          else if (answer.kind === 'readers') epoch.onReaders?.(answer.readers);
          else if (answer.kind === 'end') resolve(answer.end);
          else reject(reviveError(answer.error));
        };
        this.#post({ kind: 'epoch', fifo: epoch.fifo });
      });
    } finally {
      this.#answer = () => undefined;
      await batches.return?.();
    }
  }

  /**
   * Ends the thread and what it has open. Idempotent. The thread is told, not terminated: within a call of koffi that
   * would end the whole process. No system call of it waits for longer than a tenth of a second.
   */
  async close(): Promise<void> {
    Atomics.store(this.#stop, 0, 1);
    this.#post({ kind: 'stop' });
    await this.#exited;
  }

  #isStopped(): boolean {
    return Atomics.load(this.#stop, 0) !== 0;
  }

  async #send(batches: AsyncIterator<readonly SourceObject[]>): Promise<void> {
    const { done, value } = await batches.next();
    this.#post({ kind: 'objects', objects: done ? [] : value });
  }

  #post(request: FeederRequest): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(request);
  }
}

function threadLost(): SluiceError {
  return new SluiceError('InternalError', 'The thread that feeds a Pipe channel has ended unexpectedly.');
}
