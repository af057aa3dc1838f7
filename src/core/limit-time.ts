import { createContext, Script } from 'node:vm';

/** Work that was given up. */
export class TimeLimitExceeded extends Error {}

/** On a machine that is busy the time may pass without the work: so often it is tried again. */
const TRIES = 20;

const context = createContext({ work: (): void => undefined });
const script = new Script('work()');

/**
 * Does short work on this thread, an expression of a user's for one, but lets it take no more than so much processor
 * time: an expression such as `(a+)+$` would go on for years.
 *
 * @param work may be broken off anywhere, and begun again
 * @throws TimeLimitExceeded
 */
export function limitTime(limitMs: number, work: () => void): void {
  context['work'] = work;
  const before = process.threadCpuUsage().user;
  for (let left = TRIES; ; left--) {
    try {
      script.runInContext(context, { timeout: limitMs });
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      const usedMs = (process.threadCpuUsage().user - before) / 1000;
      if (left === 0 || usedMs >= limitMs * 0.8)
        throw new TimeLimitExceeded(`It took more than ${limitMs} ms.`, { cause: error });
    }
  }
}
