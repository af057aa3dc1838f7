import { setTimeout as sleep } from 'node:timers/promises';

/** How often and how patiently to try again. */
export interface RetryPolicy {
  /** Tries in all. */
  readonly attempts: number;
  /** The longest wait before the second try; it doubles from try to try. */
  readonly baseMs: number;
  /** The longest wait of all. */
  readonly maxMs: number;
}

/** Waits before try `attempt + 1`: a random time up to the doubling limit ("full jitter"). */
export async function backOff(attempt: number, policy: RetryPolicy, signal?: AbortSignal): Promise<void> {
  const limit = Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1));
  await sleep(Math.random() * limit, undefined, signal && { signal });
}
