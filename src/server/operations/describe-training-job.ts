import type { DescribeTrainingJobRequest, DescribeTrainingJobResponse } from '@aws-sdk/client-sagemaker';
import { TRAINING } from './job-kinds.ts';
import { describeJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * Gaps: members that the request left out are not filled with AWS's defaults.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
 */
export const describeTrainingJob: Operation<DescribeTrainingJobRequest, DescribeTrainingJobResponse> = (
  input,
  context,
) => describeJob(context, TRAINING, input.TrainingJobName as string);
