import type { CreateTransformJobRequest, DescribeTransformJobResponse } from '@aws-sdk/client-sagemaker';
import type { JobRecord } from '../state/index.ts';

/** What DescribeTransformJob answers for a record. Pure. */
export function describeTransformJob(
  record: JobRecord<CreateTransformJobRequest>,
): DescribeTransformJobResponse {
  const { progress, request } = record;
  const { Tags: _tags, ...shown } = request;
  return {
    ...shown,
    ModelName: request.ModelName,
    TransformInput: request.TransformInput,
    TransformResources: request.TransformResources,
    TransformJobName: record.name,
    TransformJobArn: record.arn,
    TransformJobStatus: record.status,
    ...(progress.failureReason !== undefined && { FailureReason: progress.failureReason }),
    CreationTime: new Date(record.createdAt),
    ...(record.startedAt !== undefined && { TransformStartTime: new Date(record.startedAt) }),
    ...(record.endedAt !== undefined && { TransformEndTime: new Date(record.endedAt) }),
  };
}
