import type {
  ListTrainingJobsRequest,
  ListTrainingJobsResponse,
  SecondaryStatus,
  TrainingJobSummary,
} from '@aws-sdk/client-sagemaker';
import type { JobSummary } from '../../jobs/index.ts';
import { TRAINING } from './job-types.ts';
import { endTime, type ListJobsInput, listJobSummaries, listJobs } from './jobs.ts';
import type { Operation, OperationContext } from './operation.ts';
import type { Page } from './pages.ts';

/**
 * Ten at a time unless MaxResults says otherwise, the oldest first unless SortOrder does. As AWS documents it, MaxResults jobs are taken first and StatusEquals picks among them, so that a page may be short or
 * empty and yet have a NextToken. No job here has a warm pool.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTrainingJobs.html
 */
export const listTrainingJobs: Operation<ListTrainingJobsRequest, ListTrainingJobsResponse> = async (
  input,
  context,
) => {
  const {
    StatusEquals: status,
    WarmPoolStatusEquals: warmPool,
    TrainingPlanArnEquals: plan,
    ...filter
  } = input;
  const { rows, ...page } =
    plan === undefined
      ? await listJobSummaries(context, TRAINING, filter)
      : await listJobsOfPlan(context, filter, plan);
  const shown = rows.filter(
    (row) => warmPool === undefined && (status === undefined || row.status === status),
  );
  return { TrainingJobSummaries: shown.map(summary), ...page };
};

async function listJobsOfPlan(
  context: OperationContext,
  filter: ListJobsInput,
  plan: string,
): Promise<Page<JobSummary>> {
  const page = await listJobs(context, TRAINING, filter);
  const rows = page.rows.filter((row) => row.request.ResourceConfig?.TrainingPlanArn === plan);
  return { ...page, rows };
}

function summary(record: JobSummary): TrainingJobSummary {
  return {
    TrainingJobName: record.name,
    TrainingJobArn: record.arn,
    CreationTime: new Date(record.createdAt),
    TrainingEndTime: endTime(record),
    LastModifiedTime: new Date(record.modifiedAt),
    TrainingJobStatus: record.status,
    SecondaryStatus: record.secondaryStatus as SecondaryStatus,
  };
}
