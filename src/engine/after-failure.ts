import type { NodePhase } from '../state/index.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import { moveOn, type NodeState } from './node-state.ts';
import { spendRetry } from './retry.ts';

/** The wait before a system failure is tried again doubles from here, milliseconds. */
const SYSTEM_BACKOFF_MS = 500;

/** What becomes of a node whose attempt has failed. */
export interface AfterFailure {
  readonly phase: NodePhase;
  /** After so long it has another attempt, milliseconds; absent: it has none. */
  readonly againMs?: number;
}

/**
 * Takes an attempt's failure into its node: it moves on to its next place, is tried again where it has a retry left, or has
 * failed for good.
 *
 * @param stopping the run is being stopped: nothing is tried again
 */
export function afterFailure(
  state: NodeState,
  { error, retry, displaced }: Extract<AttemptOutcome, { kind: 'failed' }>,
  stopping: boolean,
): AfterFailure {
  state.error = error;
  if (displaced !== undefined && !stopping && moveOn(state, error))
    return { phase: 'RetryableFailure', againMs: 0 };
  if (!stopping && spendRetry(state, error, retry)) {
    const againMs = error.fault === 'system' ? SYSTEM_BACKOFF_MS * 2 ** (state.systemFailures - 1) : 0;
    return { phase: 'RetryableFailure', againMs };
  }
  const attempts = state.userFailures + state.systemFailures;
  if (attempts > 1) state.error = { ...error, message: `${error.message} (after ${attempts} attempts)` };
  return { phase: error.code === 'TimeoutExpired' ? 'TimedOut' : 'Failed' };
}
