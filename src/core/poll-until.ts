import { setTimeout as sleep } from 'node:timers/promises';

/** How often to ask, and for how long. */
export interface PollOptions {
  /** Between an answer and the next question, milliseconds. */
  readonly everyMs: number;
  /** Milliseconds. `Infinity` only where something else is sure to make the answer true. */
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks again and again until the answer is true. It is asked once at least.
 *
 * @returns whether it became true within the limit
 * @throws what the question throws; an AbortError once the signal is aborted
 */
export async function pollUntil(
  isSo: () => boolean | Promise<boolean>,
  { everyMs, limitMs, signal }: PollOptions,
): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() >= deadline) return false;
    await sleep(everyMs, undefined, signal && { signal });
  }
  return true;
}
