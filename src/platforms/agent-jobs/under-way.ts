import type { JobStatus } from '../platform.ts';
import type { JobTimes } from './describe-end.ts';

/** Where a job is that has not ended, as its platform tells. */
export interface UnderWay extends JobTimes {
  readonly phase: 'queued' | 'initializing' | 'running' | 'stopping';
  /** SageMaker's own. */
  readonly secondaryStatus: string;
  readonly message?: string | undefined;
}

/** Its status. Pure. */
export function underWay({ phase, secondaryStatus, message, createdAt, startedAt }: UnderWay): JobStatus {
  return {
    phase: phase === 'stopping' ? 'running' : phase,
    status: phase === 'stopping' ? 'Stopping' : 'InProgress',
    secondaryStatus,
    ...(message !== undefined && { message }),
    outputs: {},
    metrics: {},
    createdAt,
    ...(startedAt && { startedAt }),
  };
}
