import type { StopProcessingJobRequest } from '@aws-sdk/client-sagemaker';
import { PROCESSING } from './job-types.ts';
import { stopJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * A job that is stopping already is no error. Gaps: whether AWS takes it so is not known, and the message for a job that
 * has ended is made like that for training jobs.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopProcessingJob.html
 */
export const stopProcessingJob: Operation<StopProcessingJobRequest, object> = async (input, context) => {
  await stopJob(context, PROCESSING, input.ProcessingJobName as string);
  return {};
};
