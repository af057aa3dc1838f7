import type { JobPhase } from '../platform.ts';

/** What a job's phase follows from, in SageMaker's words. */
export interface StatusWords {
  readonly status: string;
  /** Of training jobs; of others where the platform knows it. */
  readonly secondaryStatus?: string | undefined;
  readonly startedAt?: Date | undefined;
}

/** Secondary statuses of a job in progress whose program does not run. All others are `running`. */
const BEFORE_RUNNING: Readonly<Record<string, JobPhase>> = {
  Pending: 'queued',
  // A spot instance was taken away: the job waits for another one.
  Interrupted: 'queued',
  Starting: 'initializing',
  LaunchingMLInstances: 'initializing',
  PreparingTrainingStack: 'initializing',
  Downloading: 'initializing',
  DownloadingTrainingImage: 'initializing',
  Restarting: 'initializing',
};

/** Secondary statuses of a job that was stopped because a time of its StoppingCondition was over. */
const TIMES_OVER: ReadonlySet<string> = new Set(['MaxRuntimeExceeded', 'MaxWaitTimeExceeded']);

/** A job that was stopped because its time was over has failed; one that someone stopped is aborted. Pure. */
export function phaseOf({ status, secondaryStatus, startedAt }: StatusWords): JobPhase {
  switch (status) {
    case 'Completed':
      return 'succeeded';
    case 'Failed':
      return 'failed';
    case 'Stopped':
      return TIMES_OVER.has(secondaryStatus ?? '') ? 'failed' : 'aborted';
    case 'InProgress':
      if (secondaryStatus !== undefined) return BEFORE_RUNNING[secondaryStatus] ?? 'running';
      return startedAt === undefined ? 'initializing' : 'running';
    // Stopping, and what SageMaker may add: nothing ends a job but a status that is known to be an end.
    default:
      return 'running';
  }
}
