import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../core/errors.ts';
import { isPassing } from '../core/is-passing.ts';

/** Between two tries of a write that cannot be done now, milliseconds. */
const PAUSE_MS = { first: 50, most: 2000 };
/** How long a write is tried, milliseconds; when the process ends, how often. */
const LIMIT = { ms: 24 * 3600 * 1000, atTheEnd: 3 };

/**
 * Writes what has happened already: again and again where a full disk or another process's lock is in the way.
 *
 * @param what for a warning: `The training job 'a'` @param hurry the process ends: only a few more tries
 * @throws what the database throws for good, or still throws after a day
 */
export async function untilWritten(
  what: string,
  write: () => Promise<void>,
  hurry: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + LIMIT.ms;
  let pauseMs = PAUSE_MS.first;
  for (let left = LIMIT.atTheEnd; ; pauseMs = Math.min(PAUSE_MS.most, 2 * pauseMs)) {
    try {
      return await write();
    } catch (error) {
      if (hurry.aborted) left--;
      if (!isPassing(error) || left === 0 || performance.now() > deadline) throw error;
      if (pauseMs === PAUSE_MS.first)
        process.emitWarning(`${what} goes on, and is written when it can be: ${errorMessage(error)}`);
    }
    await (hurry.aborted
      ? sleep(pauseMs)
      : sleep(pauseMs, undefined, { signal: hurry }).catch(() => undefined));
  }
}
