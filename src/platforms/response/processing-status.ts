import type { DescribeProcessingJobResponse } from '@aws-sdk/client-sagemaker';
import { planHosts } from '../../contract/hosts.ts';
import type { JobStatus } from '../platform.ts';
import { jobStatus, type KnownOfJob } from './job-status.ts';

/** What DescribeProcessingJob says, in the shape that all platforms share. Outputs are S3 URIs, as requested. Pure. */
export function processingStatus(job: DescribeProcessingJobResponse, known: KnownOfJob = {}): JobStatus {
  const outputs = job.ProcessingOutputConfig?.Outputs ?? [];
  return jobStatus({
    status: job.ProcessingJobStatus as string,
    secondaryStatus: known.secondaryStatus ?? secondaryStatus(job),
    failureReason: job.FailureReason,
    message: job.ExitMessage ?? known.message,
    createdAt: job.CreationTime,
    startedAt: job.ProcessingStartTime,
    endedAt: job.ProcessingEndTime,
    instanceCount: planHosts(job.ProcessingResources?.ClusterConfig ?? {}).hosts.length,
    outputs: {
      ...Object.fromEntries(
        outputs.flatMap(({ OutputName, S3Output }) =>
          OutputName !== undefined && S3Output?.S3Uri !== undefined ? [[OutputName, S3Output.S3Uri]] : [],
        ),
      ),
      ...known.outputs,
    },
  });
}

/** Describe does not say why a processing job was stopped: one that had used up its time was stopped for that. */
function secondaryStatus(job: DescribeProcessingJobResponse): string | undefined {
  const { ProcessingStartTime: start, ProcessingEndTime: end, StoppingCondition: condition } = job;
  if (job.ProcessingJobStatus !== 'Stopped' || !start || !end) return undefined;
  const limitMs = (condition?.MaxRuntimeInSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  return end.getTime() - start.getTime() >= limitMs ? 'MaxRuntimeExceeded' : undefined;
}
