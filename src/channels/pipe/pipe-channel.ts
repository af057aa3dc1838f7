import { dirname, relative } from 'node:path';
import { onAbort } from '../../core/on-abort.ts';
import type { TreePlace } from '../../core/tree/index.ts';
import type { InputChannel, Stores, TransferProgress } from '../channel.ts';
import type { HostPlace } from '../source/shard.ts';
import { type EpochProgress, type FeedOptions, feedEpoch } from './feed-epoch.ts';
import { FeederThread } from './feeder-thread.ts';
import { fifoPath, fifoPlace, makeFifo, removeFifo } from './fifo.ts';
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
  /** No link below it is followed: a job may have made it. @default what the directory is in */
  readonly root?: string | undefined;
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
    await makeFifo(fifoPlace(channelPlace(options), 0));
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

function channelPlace({ directory, root = dirname(directory) }: PipeOptions): TreePlace {
  return { root, path: relative(root, directory) };
}

class PipeFeeding {
  readonly #options: PipeOptions;
  readonly #list: ChannelList;
  readonly #feed: FeedOptions;
  readonly #abort = new AbortController();
  readonly #held: (() => void)[] = [];
  readonly #place: TreePlace;
  readonly #fifos = new Map<string, TreePlace>();
  readonly failed: Promise<Error>;
  readonly ended: Promise<void>;
  #fail: (error: Error) => void = () => undefined;
  #thread: FeederThread | undefined;
  #listening: Disposable | undefined;
  #closing: Promise<void> | undefined;
  #objects = 0;
  #bytes = 0;

  constructor(options: PipeOptions, list: ChannelList) {
    const { channel, signal } = options;
    this.#place = channelPlace(options);
    this.#options = options;
    this.#list = list;
    this.#feed = {
      gunzip: channel.compression === 'Gzip',
      recordIO: channel.recordWrapper === 'RecordIO',
      local: list.local,
      spillDirectory: this.#place.root,
      watchReaders: options.onReaders !== undefined,
    };
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#keep(fifoPlace(this.#place, 0));
    if (list.local) this.#thread = new FeederThread(this.#feed);
    this.ended = this.#run();
    this.#listening = onAbort(signal, () => void this.close().catch(() => undefined));
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #run(): Promise<void> {
    const { epochs = Number.POSITIVE_INFINITY } = this.#options;
    try {
      for (let epoch = 0; epoch < epochs && !this.#abort.signal.aborted; epoch++) {
        if (epoch + 1 < epochs) await this.#make(fifoPlace(this.#place, epoch + 1));
        const end = await this.#feedEpoch(epoch);
        if (end === undefined) return;
        this.#remove(fifoPlace(this.#place, epoch));
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#fail(error as Error);
    }
  }

  #feedEpoch(epoch: number): Promise<EpochEnd | undefined> {
    const before = { objects: this.#objects, bytes: this.#bytes };
    const shared = {
      onReaders: this.#options.onReaders,
      fifo: fifoPlace(this.#place, epoch),
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

  async #make(place: TreePlace): Promise<void> {
    await makeFifo(place);
    this.#keep(place);
  }

  #keep(place: TreePlace): void {
    this.#fifos.set(fifoPath(place), place);
  }

  #remove(place: TreePlace): void {
    this.#fifos.delete(fifoPath(place));
    removeFifo(place);
  }

  async #end(): Promise<void> {
    this.#listening?.[Symbol.dispose]();
    this.#abort.abort();
    for (const release of this.#held) release();
    await this.#thread?.close();
    await this.ended;
    this.#list.close();
    for (const place of this.#fifos.values()) removeQuietly(place);
  }
}

/** A directory that the job has replaced by a link has no FIFO to remove. */
function removeQuietly(place: TreePlace): void {
  try {
    removeFifo(place);
  } catch {
    // What is there now is the job's own.
  }
}
