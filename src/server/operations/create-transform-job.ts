import type { CreateTransformJobRequest, CreateTransformJobResponse } from '@aws-sdk/client-sagemaker';
import { validateCreateTransformJob } from '../validations/create-transform-job.ts';
import { TRANSFORM } from './job-kinds.ts';
import { startJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * Gaps: data is looked for when the job runs, not when it is asked for. The role, VPCs and keys are kept and described, not
 * used.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
 */
export const createTransformJob: Operation<CreateTransformJobRequest, CreateTransformJobResponse> = async (
  input,
  context,
) => {
  validateCreateTransformJob(input);
  return { TransformJobArn: await startJob(context, TRANSFORM, input.TransformJobName as string, input) };
};
