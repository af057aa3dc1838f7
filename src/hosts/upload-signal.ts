import type { HostLife } from './host-life.ts';

/**
 * What ends the upload of a job's results: a stop that comes while they are uploaded. What a job that was stopped before
 * has saved in its grace period is uploaded, unless the job is another worker's by then.
 */
export function uploadSignal(life: Pick<HostLife, 'stopReason' | 'stopSignal' | 'lostSignal'>): AbortSignal {
  return life.stopReason === undefined ? life.stopSignal : life.lostSignal;
}
