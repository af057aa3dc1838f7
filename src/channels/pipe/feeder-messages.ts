import type { TreePlace } from '../../core/tree/index.ts';
import type { SourceObject } from '../source/source-object.ts';
import type { EpochProgress, FeedOptions } from './feed-epoch.ts';
import type { PlainError } from './plain-error.ts';
import type { ReaderProcess } from './reader-processes.ts';
import type { EpochEnd } from './write-stream.ts';

/** What a feeder's thread is started with. */
export interface FeederData {
  readonly options: FeedOptions;
  /** One Int32: not 0 when it must stop. */
  readonly stop: SharedArrayBuffer;
}

/** To the thread. */
export type FeederRequest =
  | { readonly kind: 'epoch'; readonly fifo: TreePlace }
  | { readonly kind: 'stop' }
  /** The answer to `want`; no objects mean the end. */
  | { readonly kind: 'objects'; readonly objects: readonly SourceObject[] };

/** From the thread. */
export type FeederAnswer =
  | { readonly kind: 'want' }
  | { readonly kind: 'progress'; readonly progress: EpochProgress }
  | { readonly kind: 'readers'; readonly readers: readonly ReaderProcess[] }
  | { readonly kind: 'end'; readonly end: EpochEnd | undefined }
  | { readonly kind: 'failed'; readonly error: PlainError };
