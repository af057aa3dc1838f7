import { setImmediate as turn } from 'node:timers/promises';

/** How long work may go on before other work has its turn, milliseconds. */
const SLICE_MS = 10;

/**
 * For a loop that may have a million steps which wait for nothing: to be awaited in each of them. Promises that are settled
 * already let neither timers nor other jobs' data in between.
 *
 * @returns waits for a turn of the event loop once the last one is some time ago
 */
export function takeTurns(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < SLICE_MS) return;
    await turn();
    last = performance.now();
  };
}
