import { SluiceError } from '../core/errors.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** By what a worker holds a job, a run or an endpoint: every write of the holder carries it. */
export interface Lease {
  /** The worker's id. */
  readonly worker: string;
  /** Grows with each claim: who holds an older one has lost. */
  readonly fence: number;
}

/**
 * The worker's id in a row of jobs and runs, as SQL; NULL where there is none. A process of an earlier version, which has
 * no id, is `<process id> <start time>`: see {@link processOfLease}.
 */
export const OWNER = "CASE WHEN owner = '' THEN owner_pid || ' ' || owner_start ELSE owner END";

/** What earlier versions know an owner by, as SQL that takes the worker's id twice. */
export const OWNER_PROCESS =
  "COALESCE((SELECT pid FROM workers WHERE id = ?), 0), COALESCE((SELECT start_time FROM workers WHERE id = ?), '')";

/** Whether a worker has not ended, as SQL that takes its id: what has lost its lease begins nothing. */
export const WORKER_LIVES = 'EXISTS (SELECT 1 FROM workers WHERE id = ? AND ended_at IS NULL)';

/** The process of an earlier version that stands in place of a worker. */
export function processOfLease(worker: string): ProcessIdentity | undefined {
  const space = worker.indexOf(' ');
  if (space === -1) return undefined;
  return { pid: Number(worker.slice(0, space)), startTime: worker.slice(space + 1) };
}

/** Another worker has taken over what a write is about: nothing was written. */
export function leaseLost(what: string): SluiceError {
  return new SluiceError(
    'LeaseLost',
    `${what} is not this process's any more: another one has taken it over.`,
    {
      hint: 'This process was away for longer than its lease: stopped, cut off from the database, or asleep. What it has done since is not kept.',
    },
  );
}

/** Whether a write found that another worker has taken over. */
export function isLeaseLost(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'LeaseLost';
}
