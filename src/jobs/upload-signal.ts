import type { JobLife } from './job-life.ts';

/**
 * What ends the upload of a job's results: a stop that comes while they are uploaded. What a job that was stopped before
 * has saved in its grace period is uploaded.
 */
export function uploadSignal(life: Pick<JobLife, 'stopReason' | 'stopSignal'>): AbortSignal | undefined {
  return life.stopReason === undefined ? life.stopSignal : undefined;
}
