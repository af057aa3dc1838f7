import type { CreateTrainingJobRequest, CreateTrainingJobResponse } from '@aws-sdk/client-sagemaker';
import { validateCreateTrainingJob } from '../validations/create-training-job.ts';
import { TRAINING } from './job-kinds.ts';
import { startJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * Gaps: data is looked for when the job runs, not when it is asked for. The role, VPCs and keys are kept and described, not
 * used.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
 */
export const createTrainingJob: Operation<CreateTrainingJobRequest, CreateTrainingJobResponse> = async (
  input,
  context,
) => {
  validateCreateTrainingJob(input);
  return { TrainingJobArn: await startJob(context, TRAINING, input.TrainingJobName as string, input) };
};
