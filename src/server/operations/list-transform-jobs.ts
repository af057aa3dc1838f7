import type {
  ListTransformJobsRequest,
  ListTransformJobsResponse,
  TransformJobSummary,
} from '@aws-sdk/client-sagemaker';
import type { JobRecord } from '../../jobs/index.ts';
import { TRANSFORM } from './job-types.ts';
import { endTime, listJobs } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * Ten at a time unless MaxResults says otherwise, the newest first unless SortOrder does. Gaps: the message for a token that is not valid is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTransformJobs.html
 */
export const listTransformJobs: Operation<ListTransformJobsRequest, ListTransformJobsResponse> = async (
  input,
  context,
) => {
  const { rows, ...page } = await listJobs(context, TRANSFORM, input);
  return { TransformJobSummaries: rows.map(summary), ...page };
};

function summary(record: JobRecord): TransformJobSummary {
  return {
    TransformJobName: record.name,
    TransformJobArn: record.arn,
    CreationTime: new Date(record.createdAt),
    TransformEndTime: endTime(record),
    LastModifiedTime: new Date(record.modifiedAt),
    TransformJobStatus: record.status,
    FailureReason: record.progress.failureReason,
  };
}
