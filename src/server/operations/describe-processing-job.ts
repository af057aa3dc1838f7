import type { DescribeProcessingJobRequest, DescribeProcessingJobResponse } from '@aws-sdk/client-sagemaker';
import { PROCESSING } from './job-kinds.ts';
import { describeJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeProcessingJob.html */
export const describeProcessingJob: Operation<DescribeProcessingJobRequest, DescribeProcessingJobResponse> = (
  input,
  context,
) => describeJob(context, PROCESSING, input.ProcessingJobName as string);
