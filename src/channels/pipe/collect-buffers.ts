import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that may become garbage before they are looked for. */
const COLLECT_EVERY_BYTES = 16 * 1024 * 1024;

/** A small piece keeps the buffer alive with which it came from the network. */
const LEAST_BYTES = 64 * 1024;

let collect: ((options: { readonly type: 'minor' }) => void) | undefined;
let bytes = 0;

/**
 * Counts the bytes of a buffer that will not live long. V8 takes its own heap as the measure and looks for buffers
 * beyond it late: a stream of gigabytes would hold hundreds of megabytes that nobody uses. Looking among the young ones
 * takes about a millisecond.
 */
export function countBuffer(length: number): void {
  bytes += Math.max(length, LEAST_BYTES);
  if (bytes < COLLECT_EVERY_BYTES) return;
  bytes = 0;
  collect ??= findCollect();
  collect({ type: 'minor' });
}

function findCollect(): typeof collect & {} {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as typeof collect & {};
}
