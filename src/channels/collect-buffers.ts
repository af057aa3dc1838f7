import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that may become garbage before they are looked for. */
const COLLECT_EVERY_BYTES = 16 * 1024 * 1024;

/** A small piece keeps the buffer alive with which it came from the network. */
const LEAST_BYTES = 64 * 1024;

/** Bytes by which the heap may grow before the old part of it is gone through too; a large heap by half of itself. */
const HEAP_GROWTH_BYTES = 16 * 1024 * 1024;

type Collect = (options: { readonly type: 'minor' | 'major' }) => void;

let collect: Collect | undefined;
let bytes = 0;
let heapLimit = 0;

/**
 * Counts the bytes of a buffer that will not live long. V8 takes its own heap as the measure and looks for buffers
 * beyond it late: a stream of gigabytes would hold hundreds of megabytes that nobody uses. Looking among the young ones
 * takes about a millisecond. What outlives that, as a request under way does, V8 would let grow to a multiple of what is
 * in use.
 */
export function countBuffer(length: number): void {
  bytes += Math.max(length, LEAST_BYTES);
  if (bytes < COLLECT_EVERY_BYTES) return;
  bytes = 0;
  collect ??= findCollect();
  collect({ type: 'minor' });
  if (heapLimit > 0 && heapBytes() <= heapLimit) return;
  // The first time it only finds out how large the heap is.
  if (heapLimit > 0) collect({ type: 'major' });
  const inUse = heapBytes();
  heapLimit = inUse + Math.max(HEAP_GROWTH_BYTES, inUse / 2);
}

function heapBytes(): number {
  return getHeapStatistics().used_heap_size;
}

function findCollect(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}
