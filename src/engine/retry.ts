import type { RunFailure } from '../state/index.ts';
import type { NodeState } from './node-state.ts';

/** `attempt`: a new attempt may help. `again`: the same attempt may go on. `never`: neither helps. */
export type Retry = 'attempt' | 'again' | 'never';

/** Failures that an attempt has come to: all others kept it from its end. */
const ENDS_OF_ATTEMPTS: ReadonlySet<string> = new Set([
  'TaskFailed',
  'TimeoutExpired',
  'JobFailed',
  'JobStopped',
  'JobNotFound',
  'CapacityUnavailable',
]);

/** What may help after a failure. A job that could not be submitted, or not be watched, may still go on. */
export function retryAfter({ code, fault }: RunFailure): Retry {
  if (ENDS_OF_ATTEMPTS.has(code)) return 'attempt';
  return fault === 'system' ? 'again' : 'never';
}

/**
 * Whether a node goes on with the attempt that was begun before, perhaps by a process that has died: by its job's handle,
 * or where none was kept by submitting with the same key.
 */
export function goesOn({ phase, error }: NodeState): boolean {
  if (phase === 'Running') return true;
  return phase === 'RetryableFailure' && error !== undefined && retryAfter(error) === 'again';
}
