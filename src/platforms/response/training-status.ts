import type { DescribeTrainingJobResponse } from '@aws-sdk/client-sagemaker';
import { planHosts } from '../../contract/hosts.ts';
import type { JobStatus } from '../platform.ts';
import { jobStatus, type KnownOfJob } from './job-status.ts';

/**
 * What DescribeTrainingJob says, in the shape that all platforms share. As on SageMaker, a directory that was left empty
 * may have no archive; what is not there is not named. Pure.
 */
export function trainingStatus(job: DescribeTrainingJobResponse, known: KnownOfJob = {}): JobStatus {
  const metrics = Object.fromEntries(
    (job.FinalMetricDataList ?? []).map(({ MetricName, Value }) => [MetricName as string, Value as number]),
  );
  const model = job.ModelArtifacts?.S3ModelArtifacts;
  return jobStatus({
    status: job.TrainingJobStatus as string,
    secondaryStatus: job.SecondaryStatus ?? known.secondaryStatus,
    failureReason: job.FailureReason,
    message: known.message ?? job.SecondaryStatusTransitions?.at(-1)?.StatusMessage,
    createdAt: job.CreationTime,
    startedAt: job.TrainingStartTime,
    endedAt: job.TrainingEndTime,
    instanceCount: planHosts(job.ResourceConfig ?? {}).hosts.length,
    billableSeconds: job.BillableTimeInSeconds,
    outputs: { ...(model !== undefined && { model }), ...known.outputs, metrics },
    metrics,
    checkpoint: job.CheckpointConfig?.S3Uri,
  });
}
