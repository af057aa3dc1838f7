import type { RunFailure } from '../state/index.ts';
import { type NodeState, noteSpent } from './node-state.ts';

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
  'QuotaExceeded',
  'QuotaZero',
  'InstanceTypeUnavailable',
]);

/** Failures that another place may not have: there is no room for the job. */
const NO_ROOM: ReadonlySet<string> = new Set([
  'CapacityUnavailable',
  'QuotaExceeded',
  'QuotaZero',
  'InstanceTypeUnavailable',
]);

/** Whether a job was not taken for want of room, so that another place may do. */
export function hasNoRoom({ code }: RunFailure): boolean {
  return NO_ROOM.has(code);
}

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

/** Failures of the system that a node may have, beside its task's own retries. Flyte's number. */
const SYSTEM_RETRIES = 3;

/** Whether there is an attempt left, now spent. `again` keeps the attempt, so that a job is found and not repeated. */
export function spendRetry(state: NodeState, error: RunFailure, retry: Retry): boolean {
  if (error.fault === 'system') state.systemFailures++;
  else state.userFailures++;
  if (retry === 'never') return false;
  const isLeft =
    error.fault === 'system'
      ? state.systemFailures <= SYSTEM_RETRIES
      : state.userFailures <= (state.task.retries ?? 0);
  // The job of the last attempt stays known: its log is read, and it is removed with its run.
  if (isLeft && retry === 'attempt') {
    noteSpent(state);
    state.job = undefined;
  }
  return isLeft;
}
