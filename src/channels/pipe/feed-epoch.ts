import { closeSync } from 'node:fs';
import type { TreePlace } from '../../core/tree/index.ts';
import type { Stores } from '../channel.ts';
import { loadNative } from '../native.ts';
import type { SourceObject } from '../source/source-object.ts';
import { fifoPath, openForWriting } from './fifo.ts';
import type { InflateThreads } from './inflate-threads.ts';
import { findReaders, type ReaderProcess } from './reader-processes.ts';
import { ObjectSplicer } from './splice-objects.ts';
import { streamObjects } from './stream-objects.ts';
import { type EpochEnd, writeStream } from './write-stream.ts';

/** What becomes of a channel's objects on their way to the reader. */
export interface FeedOptions {
  readonly gunzip: boolean;
  readonly recordIO: boolean;
  /** All objects are files of this machine, or texts. */
  readonly local: boolean;
  readonly spillDirectory: string;
  /** Finds out which processes read. @default false */
  readonly watchReaders?: boolean | undefined;
}

/** One epoch to feed. */
export interface EpochOptions extends FeedOptions {
  readonly fifo: TreePlace;
  /** Many at once, so that they can be sent to a thread. */
  readonly objects: AsyncIterable<readonly SourceObject[]>;
  readonly stores: Stores;
  readonly signal: AbortSignal;
  /** Seen at once, also by a thread that handles no events meanwhile. */
  readonly isAborted: () => boolean;
  /** Inflate the objects, where all are local. */
  readonly inflating?: InflateThreads | undefined;
  readonly onProgress: (progress: EpochProgress) => void;
  readonly onReaders?: ((readers: readonly ReaderProcess[]) => void) | undefined;
  /** Takes what keeps the FIFO open after a failure: the reader must not take a part for the whole. */
  readonly hold: (release: () => void) => void;
}

/** How far an epoch is. */
export interface EpochProgress {
  readonly objects: number;
  readonly bytes: number;
}

/** Waits for a reader, and writes one epoch. @returns undefined when it was aborted before a reader came */
export async function feedEpoch(options: EpochOptions): Promise<EpochEnd | undefined> {
  const fd = await openForWriting(options.fifo, options.isAborted);
  if (fd === undefined) return undefined;
  if (options.watchReaders) options.onReaders?.(await findReaders(fifoPath(options.fifo)));
  if (options.inflating) return inflateEpoch(fd, options.inflating, options);
  return options.local && !options.gunzip ? spliceEpoch(fd, options) : streamEpoch(fd, options);
}

async function inflateEpoch(
  fd: number,
  inflating: InflateThreads,
  { objects, onProgress, hold }: EpochOptions,
): Promise<EpochEnd> {
  try {
    const end = await inflating.feed({ fd, objects, onProgress });
    closeSync(fd);
    return end;
  } catch (error) {
    hold(() => closeSync(fd));
    throw error;
  }
}

async function spliceEpoch(fd: number, options: EpochOptions): Promise<EpochEnd> {
  const progress = { objects: 0, bytes: 0 };
  const splicer = new ObjectSplicer({
    fd,
    native: loadNative(),
    recordIO: options.recordIO,
    isAborted: options.isAborted,
    onObject: (bytes) => {
      progress.objects++;
      progress.bytes += bytes;
    },
  });
  try {
    let end: EpochEnd = 'sent';
    for await (const objects of options.objects) {
      end = splicer.write(objects);
      options.onProgress(progress);
      if (end === 'closed' || options.isAborted()) break;
    }
    if (end === 'sent') end = splicer.flush();
    closeSync(fd);
    return end;
  } catch (error) {
    options.hold(() => closeSync(fd));
    throw error;
  }
}

async function streamEpoch(fd: number, options: EpochOptions): Promise<EpochEnd> {
  let objects = 0;
  let bytes = 0;
  const stream = streamObjects(flatten(options.objects), {
    ...options,
    onObject: () => {
      objects++;
      options.onProgress({ objects, bytes });
    },
  });
  return writeStream({ fd, source: counted(stream), signal: options.signal, hold: options.hold });

  async function* counted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      bytes += piece.length;
      yield piece;
    }
  }
}

async function* flatten<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const batch of batches) yield* batch;
}
