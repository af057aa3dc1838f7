import { dirname } from 'node:path';
import type { InputChannel, Stores, TransferProgress } from '../channel.ts';
import type { HostPlace } from '../source/shard.ts';
import { type EpochProgress, type FeedOptions, feedEpoch } from './feed-epoch.ts';
import { FeederThread } from './feeder-thread.ts';
import { fifoPath, makeFifo, removeFifo } from './fifo.ts';
import { type ChannelList, listChannel } from './list-channel.ts';
import type { ReaderProcess } from './reader-processes.ts';
import type { EpochEnd } from './write-stream.ts';

/** A channel to feed. */
export interface PipeOptions {
  readonly channel: InputChannel;
  readonly host: HostPlace;
  readonly stores: Stores;
  /** The FIFOs are this path with `_<epoch>`. */
  readonly directory: string;
  /** Epochs to feed. @default without end */
  readonly epochs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PipeProgress) => void) | undefined;
  /** Called at the start of each epoch with the processes that read it, where the system tells (Linux). */
  readonly onReaders?: ((readers: readonly ReaderProcess[]) => void) | undefined;
}

/** How far a channel is: in the epoch that is being read, and since the start. */
export interface PipeProgress extends TransferProgress {
  /** From 0. */
  readonly epoch: number;
}

/** A channel that is being fed. */
export interface PipeChannel {
  /** Of one epoch. */
  readonly objects: number;
  readonly bytes: number;
  /** Settles when all epochs were fed, or it was closed. Never rejects. */
  readonly ended: Promise<void>;
  /** Settles when feeding has failed. The reader sees no end of file then, until the channel is closed. */
  readonly failed: Promise<Error>;
  /** Ends feeding and removes the FIFOs. Idempotent. */
  close(): Promise<void>;
}

/**
 * Pipe mode: one FIFO for each epoch, `<channel>_0`, `<channel>_1`, …; the next one exists before the reader of this
 * one can look for it. A reader that closes early ends its epoch, and the next begins. Epochs go on until the channel
 * is closed. Waiting for a reader holds no thread; one that never comes leaves nothing behind.
 *
 * By design: the FIFO of an epoch that was read is removed. Where the objects cannot be read, the FIFO stays open, so
 * that a reader does not take a part for the whole.
 */
export async function startPipe(options: PipeOptions): Promise<PipeChannel> {
  const list = await listChannel(options);
  try {
    await makeFifo(fifoPath(options.directory, 0));
  } catch (error) {
    list.close();
    throw error;
  }
  const feeding = new PipeFeeding(options, list);
  return {
    objects: list.objects,
    bytes: list.bytes,
    ended: feeding.ended,
    failed: feeding.failed,
    close: () => feeding.close(),
  };
}

class PipeFeeding {
  readonly #options: PipeOptions;
  readonly #list: ChannelList;
  readonly #feed: FeedOptions;
  readonly #abort = new AbortController();
  readonly #held: (() => void)[] = [];
  readonly #fifos = new Set<string>();
  readonly failed: Promise<Error>;
  readonly ended: Promise<void>;
  #fail: (error: Error) => void = () => undefined;
  #thread: FeederThread | undefined;
  #closing: Promise<void> | undefined;
  #objects = 0;
  #bytes = 0;

  constructor(options: PipeOptions, list: ChannelList) {
    const { channel, directory, signal } = options;
    this.#options = options;
    this.#list = list;
    this.#feed = {
      gunzip: channel.compression === 'Gzip',
      recordIO: channel.recordWrapper === 'RecordIO',
      local: list.local,
      spillDirectory: dirname(directory),
      watchReaders: options.onReaders !== undefined,
    };
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#fifos.add(fifoPath(directory, 0));
    if (list.local) this.#thread = new FeederThread(this.#feed);
    signal?.addEventListener('abort', () => void this.close(), { once: true });
    this.ended = this.#run();
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #run(): Promise<void> {
    const { directory, epochs = Number.POSITIVE_INFINITY } = this.#options;
    try {
      for (let epoch = 0; epoch < epochs && !this.#abort.signal.aborted; epoch++) {
        if (epoch + 1 < epochs) await this.#make(fifoPath(directory, epoch + 1));
        const end = await this.#feedEpoch(epoch);
        if (end === undefined) return;
        this.#remove(fifoPath(directory, epoch));
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#fail(error as Error);
    }
  }

  #feedEpoch(epoch: number): Promise<EpochEnd | undefined> {
    const before = { objects: this.#objects, bytes: this.#bytes };
    const shared = {
      onReaders: this.#options.onReaders,
      fifo: fifoPath(this.#options.directory, epoch),
      objects: this.#list.epoch(epoch),
      onProgress: ({ objects, bytes }: EpochProgress) => {
        this.#objects = before.objects + objects;
        this.#bytes = before.bytes + bytes;
        this.#options.onProgress?.({ epoch, objects: this.#objects, bytes: this.#bytes });
      },
    };
    if (this.#thread) return this.#thread.feed(shared);
    return feedEpoch({
      ...shared,
      ...this.#feed,
      stores: this.#options.stores,
      signal: this.#abort.signal,
      isAborted: () => this.#abort.signal.aborted,
      hold: (release) => (this.#abort.signal.aborted ? release() : this.#held.push(release)),
    });
  }

  async #make(path: string): Promise<void> {
    await makeFifo(path);
    this.#fifos.add(path);
  }

  #remove(path: string): void {
    removeFifo(path);
    this.#fifos.delete(path);
  }

  async #end(): Promise<void> {
    this.#abort.abort();
    for (const release of this.#held) release();
    await this.#thread?.close();
    await this.ended;
    this.#list.close();
    for (const path of this.#fifos) this.#remove(path);
  }
}
