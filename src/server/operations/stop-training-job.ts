import type { StopTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { TRAINING } from './job-types.ts';
import { stopJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * A job that is stopping already is no error. Gaps: whether AWS takes it so is not known.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html
 */
export const stopTrainingJob: Operation<StopTrainingJobRequest, object> = async (input, context) => {
  await stopJob(context, TRAINING, input.TrainingJobName as string);
  return {};
};
