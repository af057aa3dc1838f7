/** A training job of SageMaker's that waits in a queue of AWS Batch, as SageMaker's Describe would tell of it. */
import { INTERNAL_SERVER_ERROR } from '../../contract/failure-reason.ts';
import type { ServiceJob } from './service-jobs.ts';

/** What SageMaker would say of jobs that Batch has given to it. */
const BEGUN: Readonly<Record<string, string>> = {
  SCHEDULED: 'Starting',
  STARTING: 'Starting',
  RUNNING: 'Training',
};

/** The training job that a service job's latest try is, by name; undefined while none has begun. Pure. */
export function trainingJobOf({ latestAttempt }: ServiceJob): string | undefined {
  return latestAttempt?.serviceResourceId?.value?.split('/').at(-1) || undefined;
}

/** Whether Batch begins nothing of it any more. Pure. */
export function isEnded({ status }: ServiceJob): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED';
}

/**
 * What DescribeTrainingJob would say: that of the latest try, where it counts. A try that failed while Batch goes on is not
 * the end. Pure.
 *
 * @param training - What it does say of that try; undefined where there is none
 */
export function describeServiceJob(job: ServiceJob, training: object | undefined): object {
  const isOver = training !== undefined && ['Failed', 'Stopped'].includes(statusOf(training));
  if (training && isEnded(job)) return isOver ? withCapacity(job, training) : training;
  if (training && !isOver && isBegun(job)) return training;
  const { FailureReason: _, ...known } = { ...requestOf(job), ...(isBegun(job) && training) } as {
    readonly FailureReason?: string;
  };
  return { ...known, CreationTime: new Date(job.createdAt ?? 0), ...stateOf(job, isOver) };
}

/** Batch has given what it runs to SageMaker. */
function isBegun({ status }: ServiceJob): boolean {
  return status !== undefined && Object.hasOwn(BEGUN, status);
}

/** Where there is nothing of SageMaker's that says it. */
function stateOf(job: ServiceJob, isOver: boolean): object {
  const { status, statusReason, isTerminated, stoppedAt } = job;
  const end = stoppedAt === undefined ? {} : { TrainingEndTime: new Date(stoppedAt) };
  if (status === 'SUCCEEDED')
    return failed(
      `${INTERNAL_SERVER_ERROR} (SageMaker does not know the job ${trainingJobOf(job)} any more)`,
    );
  if (status === 'FAILED' && isTerminated && !isCapacity(job))
    return { TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped', ...end };
  if (status === 'FAILED') return { ...failed(reasonOf(job)), ...end };
  if (isTerminated) return { TrainingJobStatus: 'Stopping', SecondaryStatus: 'Stopping' };
  const message = statusReason === undefined ? {} : { StatusMessage: statusReason };
  const secondary = isOver && isBegun(job) ? 'Uploading' : (BEGUN[status ?? ''] ?? 'Pending');
  const transitions = [{ Status: secondary, StartTime: new Date(job.createdAt ?? 0), ...message }];
  return {
    TrainingJobStatus: 'InProgress',
    SecondaryStatus: secondary,
    SecondaryStatusTransitions: transitions,
  };
}

/** SageMaker says of the last try that it was stopped, when Batch has given the job up. */
function withCapacity(job: ServiceJob, training: object): object {
  return isCapacity(job) ? { ...training, ...failed(reasonOf(job)) } : training;
}

function isCapacity({ statusReason = '' }: ServiceJob): boolean {
  return statusReason.includes('CAPACITY:');
}

/** In SageMaker's own form, which says whose fault it is. */
function reasonOf(job: ServiceJob): string {
  const { statusReason = 'AWS Batch does not say why.' } = job;
  return isCapacity(job)
    ? `CapacityError: AWS Batch has no room for the job. ${statusReason}`
    : statusReason.replace(/^Received status from SageMaker: ?/, '');
}

function failed(reason: string): object {
  return { TrainingJobStatus: 'Failed', SecondaryStatus: 'Failed', FailureReason: reason };
}

function statusOf(training: object): string {
  return (training as { readonly TrainingJobStatus?: string }).TrainingJobStatus ?? '';
}

/** What the job was submitted with. */
function requestOf({ serviceRequestPayload: payload = '{}' }: ServiceJob): object {
  try {
    return JSON.parse(payload) as object;
  } catch {
    return {};
  }
}
