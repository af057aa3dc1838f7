import type {
  ListProcessingJobsRequest,
  ListProcessingJobsResponse,
  ProcessingJobSummary,
} from '@aws-sdk/client-sagemaker';
import type { JobRecord } from '../../jobs/index.ts';
import { PROCESSING } from './job-types.ts';
import { endTime, listJobs } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * Ten at a time unless MaxResults says otherwise, the oldest first unless SortOrder does. Gaps: the message for a token that is not valid is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListProcessingJobs.html
 */
export const listProcessingJobs: Operation<ListProcessingJobsRequest, ListProcessingJobsResponse> = async (
  input,
  context,
) => {
  const { rows, ...page } = await listJobs(context, PROCESSING, input);
  return { ProcessingJobSummaries: rows.map(summary), ...page };
};

function summary(record: JobRecord): ProcessingJobSummary {
  return {
    ProcessingJobName: record.name,
    ProcessingJobArn: record.arn,
    CreationTime: new Date(record.createdAt),
    ProcessingEndTime: endTime(record),
    LastModifiedTime: new Date(record.modifiedAt),
    ProcessingJobStatus: record.status,
    FailureReason: record.progress.failureReason,
    ExitMessage: record.progress.exitMessage,
  };
}
