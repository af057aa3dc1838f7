import type { JobFailed, JobOutcome } from '../state/index.ts';
import type { JobLife } from './job-life.ts';

/** How a job ends whose commands have: its failure, unless it was stopped. */
export function outcomeOf({ stopReason }: JobLife, failure: JobFailed | undefined): JobOutcome {
  if (failure) return failure;
  return stopReason ? { status: 'Stopped', reason: stopReason } : { status: 'Completed' };
}
