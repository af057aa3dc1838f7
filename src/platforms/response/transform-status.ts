import type { DescribeTransformJobResponse } from '@aws-sdk/client-sagemaker';
import { planHosts } from '../../contract/hosts.ts';
import type { JobStatus } from '../platform.ts';
import { jobStatus, type KnownOfJob } from './job-status.ts';

/** What DescribeTransformJob says, in the shape that all platforms share. Nothing is kept of a job that was stopped. Pure. */
export function transformStatus(job: DescribeTransformJobResponse, known: KnownOfJob = {}): JobStatus {
  const output = job.TransformOutput?.S3OutputPath;
  const isThere = job.TransformJobStatus === 'Completed' && output !== undefined;
  return jobStatus({
    status: job.TransformJobStatus as string,
    secondaryStatus: known.secondaryStatus,
    failureReason: job.FailureReason,
    message: known.message,
    createdAt: job.CreationTime,
    startedAt: job.TransformStartTime,
    endedAt: job.TransformEndTime,
    instanceCount: planHosts(job.TransformResources ?? {}).hosts.length,
    outputs: { ...(isThere && { output }), ...known.outputs },
  });
}
