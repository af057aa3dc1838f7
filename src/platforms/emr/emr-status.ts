import { findInstanceType } from '../../contract/instance-types.ts';
import type { Json } from '../../graph/index.ts';
import type { JobPhase, JobStatus } from '../platform.ts';
import type { EmrJob } from './emr-target.ts';

/** What a status needs to know of the task. */
export interface SubmittedJob {
  readonly instanceType: string;
  readonly maxRuntimeInSeconds: number;
  /** By name. */
  readonly outputs: Readonly<Record<string, Json>>;
}

/** SageMaker's word for each phase. */
const STATUSES: Readonly<Record<JobPhase, string>> = {
  queued: 'InProgress',
  initializing: 'InProgress',
  running: 'InProgress',
  succeeded: 'Completed',
  failed: 'Failed',
  aborted: 'Stopped',
};

/** That there was no machine for it. */
const NO_ROOM = /capacity|insufficient|could not be (?:allocated|provisioned)|MaxCapacity/i;
/** What is EMR's own to mend. */
const OF_SYSTEM = /internal (?:server )?(?:error|failure)|service unavailable|throttl/i;

/** EMR's answer in the shape that all platforms share. Pure. */
export function emrStatus(job: EmrJob, document: SubmittedJob | undefined): JobStatus {
  const isOverTime = ranOutOfTime(job, document);
  const phase = isOverTime ? 'failed' : job.phase;
  const message = isOverTime
    ? 'MaxRuntimeExceeded: the job ran longer than its MaxRuntimeInSeconds and was stopped.'
    : job.reason;
  const isStopping = job.state === 'CANCELLING' || job.state === 'CANCEL_PENDING';
  return {
    phase,
    status: isStopping ? 'Stopping' : STATUSES[job.phase],
    secondaryStatus: isOverTime ? 'MaxRuntimeExceeded' : job.state,
    ...(message !== undefined && { message }),
    ...(phase === 'failed' && failure(job, isOverTime)),
    outputs: job.phase === 'succeeded' || job.phase === 'aborted' ? (document?.outputs ?? {}) : {},
    metrics: {},
    createdAt: job.createdAt,
    ...(job.startedAt && { startedAt: job.startedAt }),
    ...(job.endedAt && { endedAt: job.endedAt }),
    ...billable(job, document),
  };
}

/** EMR cancels a run whose time is over, and does not say that it was that. */
function ranOutOfTime({ state, startedAt, endedAt }: EmrJob, document: SubmittedJob | undefined): boolean {
  if (state !== 'CANCELLED' || !startedAt || !endedAt || !document) return false;
  return endedAt.getTime() - startedAt.getTime() >= document.maxRuntimeInSeconds * 1000;
}

function failure(job: EmrJob, isOverTime: boolean): Pick<JobStatus, 'fault' | 'displaced'> {
  if (isOverTime) return { fault: 'user' };
  const reason = job.reason ?? '';
  // The cluster has ended under the step.
  if (job.state === 'INTERRUPTED') return { fault: 'system', displaced: 'interruption' };
  if (NO_ROOM.test(reason)) return { fault: 'system', displaced: 'capacity' };
  return { fault: OF_SYSTEM.test(reason) ? 'system' : 'user' };
}

/** Billed are vCPUs: as so many seconds of the task's instance type. */
function billable(
  { billedCpuSeconds }: EmrJob,
  document: SubmittedJob | undefined,
): Pick<JobStatus, 'billableSeconds'> {
  const vcpus = document && findInstanceType(document.instanceType)?.vcpus;
  if (billedCpuSeconds === undefined || !vcpus) return {};
  return { billableSeconds: Math.ceil(billedCpuSeconds / vcpus) };
}
