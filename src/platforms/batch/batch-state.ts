/** What AWS Batch says of a job: where it is, or why it has ended. What it came to says the agent's result alone. */
import type { JobDetail } from '@aws-sdk/client-batch';
import type { AgentResult } from '../../contract/agent-result.ts';
import { INTERNAL_SERVER_ERROR } from '../../contract/failure-reason.ts';
import type { JobEnd, JobTimes } from '../agent-jobs/describe-end.ts';
import { reasonsOf, startFailure, whyNotStarted } from './container-reasons.ts';

/** Why Sluice ends a job: it is the reason that Batch keeps. */
export const END_REASONS = {
  stopped: 'Stopped by Sluice.',
  time: 'Ended by Sluice: MaxRuntimeExceeded.',
  notStarted: 'Ended by Sluice: the image did not start.',
  duplicate: 'Ended by Sluice: the same job was submitted at the same moment.',
} as const;

/** What is written on a job, so that any process finds all about it. */
export const TAGS = {
  jobName: 'sluice:job',
  jobType: 'sluice:type',
  /** What follows from the idempotency key, and nobody else can make. */
  token: 'sluice:token',
  maxRuntime: 'sluice:max-runtime',
  digest: 'sluice:digest',
} as const;

/** Where a job is. */
export interface BatchState extends JobTimes {
  readonly phase: 'queued' | 'initializing' | 'running' | 'stopping' | 'ended';
  /** SageMaker's own. */
  readonly secondaryStatus: string;
  readonly message?: string | undefined;
  /** How often it was begun, from 1. */
  readonly tries: number;
  /** Whether it has run for longer than it may. */
  readonly isOverTime: boolean;
}

/** Pure. @param now milliseconds since 1970 */
export function batchState(job: JobDetail, now: number): BatchState {
  const times = {
    createdAt: new Date(job.createdAt ?? 0),
    ...(job.startedAt ? { startedAt: new Date(job.startedAt) } : {}),
    ...(job.stoppedAt ? { endedAt: new Date(job.stoppedAt) } : {}),
  };
  const state = { ...times, message: job.statusReason, tries: Math.max(1, job.attempts?.length ?? 1) };
  const isStopping = job.isTerminated === true || job.isCancelled === true;
  switch (job.status) {
    case 'SUCCEEDED':
    case 'FAILED':
      return {
        ...state,
        endedAt: times.endedAt ?? new Date(now),
        phase: 'ended',
        secondaryStatus: 'Completed',
        isOverTime: false,
      };
    case 'RUNNING': {
      const limit = Number(job.tags?.[TAGS.maxRuntime] ?? Number.POSITIVE_INFINITY) * 1000;
      const isOverTime = !isStopping && job.startedAt !== undefined && now - job.startedAt > limit;
      const phase = isStopping || isOverTime ? 'stopping' : 'running';
      return { ...state, phase, secondaryStatus: phase === 'stopping' ? 'Stopping' : 'Training', isOverTime };
    }
    case 'STARTING':
      return {
        ...state,
        phase: isStopping ? 'stopping' : 'initializing',
        secondaryStatus: isStopping ? 'Stopping' : 'Starting',
        isOverTime: false,
      };
    default:
      return {
        ...state,
        phase: isStopping ? 'stopping' : 'queued',
        secondaryStatus: isStopping ? 'Stopping' : 'Pending',
        isOverTime: false,
      };
  }
}

/** Whether a spot instance, or the machine, was taken away. */
const HOST_GONE = /^Host EC2|\bSpot\b.*\b(?:interrupt|reclaim|terminat)/i;
const TIMEOUT = /duration exceeded timeout/i;
const NO_CAPACITY = /CAPACITY|capacity/;

/**
 * How a job has ended: what the agent's result says, and why Batch or Sluice ended it. Without a result nothing has
 * succeeded. Pure.
 *
 * @param result undefined where there is none that counts
 * @param why that is so
 */
export function endOfJob(job: JobDetail, result: AgentResult | undefined, why: string | undefined): JobEnd {
  // It had come to its end before anything ended it.
  if (result?.status === 'Completed') return { status: 'Completed', secondary: 'Completed' };
  const told = reasonsOf(job);
  const reason = told.join(' ');
  if (reason.includes(END_REASONS.time) || TIMEOUT.test(reason))
    return { status: 'Stopped', secondary: 'MaxRuntimeExceeded' };
  if (HOST_GONE.test(job.statusReason ?? ''))
    return {
      ...failed(`InternalServerError: The job was interrupted: ${job.statusReason}`),
      displaced: 'interruption',
    };
  if (reason.includes(END_REASONS.stopped)) return { status: 'Stopped', secondary: 'Stopped' };
  // The agent knows no more than that there was no exit code.
  const notStarted = whyNotStarted(job) ?? (result ? undefined : startFailure(reason));
  if (notStarted !== undefined) return failed(notStarted);
  if (job.isTerminated || job.isCancelled) return { status: 'Stopped', secondary: 'Stopped' };
  if (result?.status === 'Failed') return failed(result.failureReason ?? INTERNAL_SERVER_ERROR);
  if (NO_CAPACITY.test(job.statusReason ?? ''))
    return {
      ...failed(`CapacityError: AWS Batch has no room for the job. ${job.statusReason}`),
      displaced: 'capacity',
    };
  // It was being ended, and nobody has said why.
  if (result?.status === 'Stopped')
    return {
      ...failed('InternalServerError: The job was interrupted: ECS ended its task.'),
      displaced: 'interruption',
    };
  return failed(
    `InternalServerError: The job left no result. ${[why, reason].filter(Boolean).join(' ')}`.trim(),
  );
}

function failed(reason: string): JobEnd {
  return { status: 'Failed', secondary: 'Failed', reason };
}
