import type {
  CreateModelInput,
  CreateTransformJobRequest,
  CreateTransformJobResponse,
} from '@aws-sdk/client-sagemaker';
import { getResource } from '../../state/index.ts';
import { validateCreateTransformJob } from '../validations/create-transform-job.ts';
import { requireInputObjects } from './input-objects.ts';
import { requireExperiment, trackJob } from './job-components.ts';
import { TRANSFORM } from './job-types.ts';
import { startJob } from './jobs.ts';
import type { Operation } from './operation.ts';
import { requireRole } from './require-role.ts';

/**
 * Input without objects is refused, but for manifests, and but for jobs that are simulated. Gaps: the role, VPCs and keys
 * are kept and described, not used.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
 */
export const createTransformJob: Operation<CreateTransformJobRequest, CreateTransformJobResponse> = async (
  input,
  context,
) => {
  validateCreateTransformJob(input);
  const model = await getResource<CreateModelInput>(context.state, 'model', input.ModelName as string);
  // A model that does not exist is told of first.
  if (model) {
    const source = input.TransformInput?.DataSource?.S3DataSource;
    await requireRole(context, model.request.ExecutionRoleArn, {
      reads: [source?.S3Uri],
      writes: [input.TransformOutput?.S3OutputPath],
    });
    await requireInputObjects(context, [source], model.request.ExecutionRoleArn);
  }
  await requireExperiment(context, input.ExperimentConfig);
  const name = input.TransformJobName as string;
  const arn = await startJob(context, TRANSFORM, name, input);
  await trackJob(context, input.ExperimentConfig, { type: 'transform', name });
  return { TransformJobArn: arn };
};
