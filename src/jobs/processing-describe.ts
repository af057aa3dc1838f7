import type { CreateProcessingJobRequest, DescribeProcessingJobResponse } from '@aws-sdk/client-sagemaker';
import type { JobRecord } from '../state/index.ts';

/** What DescribeProcessingJob answers for a record. Pure. */
export function describeProcessingJob(
  record: JobRecord<CreateProcessingJobRequest>,
): DescribeProcessingJobResponse {
  const { progress, request } = record;
  const { Tags: _tags, ...shown } = request;
  return {
    ...shown,
    AppSpecification: request.AppSpecification,
    ProcessingResources: selectedResources(request),
    ProcessingJobName: record.name,
    ProcessingJobArn: record.arn,
    ProcessingJobStatus: record.status,
    ...(progress.exitMessage !== undefined && { ExitMessage: progress.exitMessage }),
    ...(progress.failureReason !== undefined && { FailureReason: progress.failureReason }),
    CreationTime: new Date(record.createdAt),
    ...(record.startedAt !== undefined && { ProcessingStartTime: new Date(record.startedAt) }),
    ...(record.endedAt !== undefined && { ProcessingEndTime: new Date(record.endedAt) }),
    LastModifiedTime: new Date(record.modifiedAt),
  };
}

/** There is room for the first of several types here. */
function selectedResources({
  ProcessingResources: resources,
}: CreateProcessingJobRequest): CreateProcessingJobRequest['ProcessingResources'] {
  const { ClusterConfig: cluster } = resources ?? {};
  const { InstancePreferences: [first] = [] } = cluster ?? {};
  if (!cluster || !first) return resources;
  const { InstanceType: SelectedInstanceType, InstanceCount: count = cluster.InstanceCount } = first;
  return { ClusterConfig: { ...cluster, SelectedInstanceType, SelectedInstanceCount: count } };
}
