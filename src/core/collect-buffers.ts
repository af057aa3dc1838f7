import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that may become garbage before they are looked for. */
const COLLECT_EVERY_BYTES = 16 * 1024 * 1024;

/** A small piece keeps the buffer alive with which it came from the network. */
const LEAST_BYTES = 64 * 1024;

/** Bytes by which the heap may grow before the old part of it is gone through too; a large heap by half of itself. */
const HEAP_GROWTH_BYTES = 32 * 1024 * 1024;

type Collect = (options: { readonly type: 'minor' | 'major' }) => void;

let collect: Collect | undefined;
let bytes = 0;
let heapLimit = 0;

/**
 * Counts the bytes of a buffer that will not live long. V8 takes its own heap as the measure and looks for buffers
 * beyond it late: a stream of gigabytes would hold hundreds of megabytes that nobody uses. Looking among the young ones
 * takes about a millisecond. Meanwhile the heap itself grows: what outlives such a look, as a request under way does, is
 * kept until there is a multiple of what is in use, and the part for the young is widened to 128 MiB. So from time to
 * time all is gone through, and what is free is given back: some hundredths of a second.
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
  const held = heapBytes();
  heapLimit = held + Math.max(HEAP_GROWTH_BYTES, held / 2);
}

/** With what is free in it. */
function heapBytes(): number {
  return getHeapStatistics().total_heap_size;
}

function findCollect(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}
