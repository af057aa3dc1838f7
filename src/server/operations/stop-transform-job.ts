import type { StopTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { TRANSFORM } from './job-types.ts';
import { stopJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * A job that is stopping already is no error. Gaps: whether AWS takes it so is not known, and the message for a job that
 * has ended is made like that for training jobs.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTransformJob.html
 */
export const stopTransformJob: Operation<StopTransformJobRequest, object> = async (input, context) => {
  await stopJob(context, TRANSFORM, input.TransformJobName as string);
  return {};
};
