import type { SourceObject } from '../source/source-object.ts';
import type { PlainError } from './plain-error.ts';
import type { EpochEnd } from './write-stream.ts';

/** What a thread that inflates is started with. */
export interface InflateData {
  readonly recordIO: boolean;
  readonly spillDirectory: string;
  /** One Int32: not 0 when the channel must stop. */
  readonly stop: SharedArrayBuffer;
  /** Int32 numbers, see {@link TURN_AT} and {@link CANCEL_AT}. */
  readonly epoch: SharedArrayBuffer;
}

/** The number of the batch that may write. */
export const TURN_AT = 0;
/** Not 0 when the epoch has ended before its end. */
export const CANCEL_AT = 1;

/** Objects that follow each other, which one thread inflates. */
export interface InflateBatch {
  readonly kind: 'batch';
  /** From 0 in each epoch. */
  readonly number: number;
  /** The FIFO. */
  readonly fd: number;
  readonly objects: readonly SourceObject[];
}

/** To the thread. */
export type InflateRequest = InflateBatch | { readonly kind: 'close' };

/** From the thread. */
export type InflateAnswer =
  | { readonly kind: 'end'; readonly end: EpochEnd; readonly bytes: number }
  | { readonly kind: 'failed'; readonly error: PlainError };
