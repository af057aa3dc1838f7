import type { StopProcessingJobRequest } from '@aws-sdk/client-sagemaker';
import { PROCESSING } from './job-kinds.ts';
import { stopJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopProcessingJob.html */
export const stopProcessingJob: Operation<StopProcessingJobRequest, object> = async (input, context) => {
  await stopJob(context, PROCESSING, input.ProcessingJobName as string);
  return {};
};
