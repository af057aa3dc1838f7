import { backOff } from '../../core/backoff.ts';
import { SluiceError } from '../../core/errors.ts';

/** What was damaged on its way is right the next time; what is damaged in the store stays so. */
const POLICY = { attempts: 3, baseMs: 100, maxMs: 1_000 };

/** Does anew what ended as `ChecksumMismatch`, as often as it makes sense. */
export async function retryMismatch<T>(
  signal: AbortSignal | undefined,
  action: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      const again = error instanceof SluiceError && error.code === 'ChecksumMismatch';
      if (!again || attempt === POLICY.attempts) throw error;
      await backOff(attempt, POLICY, signal);
    }
  }
}
