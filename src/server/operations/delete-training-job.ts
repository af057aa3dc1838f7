import type { DeleteTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { TRAINING } from './job-types.ts';
import { deleteJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * The job goes with its logs; what it uploaded stays. Gaps: the messages were not found in answers of AWS.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteTrainingJob.html
 */
export const deleteTrainingJob: Operation<DeleteTrainingJobRequest, object> = async (input, context) => {
  await deleteJob(context, TRAINING, input.TrainingJobName as string);
  return {};
};
