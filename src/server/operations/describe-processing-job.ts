import type { DescribeProcessingJobRequest, DescribeProcessingJobResponse } from '@aws-sdk/client-sagemaker';
import { PROCESSING } from './job-kinds.ts';
import { describeJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * Gaps: members that the request left out are not filled with AWS's defaults. The message for a name that no job has was not
 * found in an answer of AWS.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeProcessingJob.html
 */
export const describeProcessingJob: Operation<DescribeProcessingJobRequest, DescribeProcessingJobResponse> = (
  input,
  context,
) => describeJob(context, PROCESSING, input.ProcessingJobName as string);
