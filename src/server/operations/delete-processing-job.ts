import type { DeleteProcessingJobRequest } from '@aws-sdk/client-sagemaker';
import { PROCESSING } from './job-types.ts';
import { deleteJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * The job goes with its logs; what it uploaded stays. Gaps: the messages were not found in answers of AWS.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteProcessingJob.html
 */
export const deleteProcessingJob: Operation<DeleteProcessingJobRequest, object> = async (input, context) => {
  await deleteJob(context, PROCESSING, input.ProcessingJobName as string);
  return {};
};
