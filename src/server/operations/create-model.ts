import type { CreateModelInput, CreateModelOutput } from '@aws-sdk/client-sagemaker';
import { validateCreateModel } from '../validations/create-model.ts';
import type { Operation } from './operation.ts';
import { requireRole } from './require-role.ts';
import { createNamed } from './resources.ts';

/**
 * Gaps: neither the image, its labels nor the model data is looked for. The role and VPCs are kept and described, not used.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html
 */
export const createModel: Operation<CreateModelInput, CreateModelOutput> = async (input, context) => {
  validateCreateModel(input);
  const containers = [input.PrimaryContainer, ...(input.Containers ?? [])];
  await requireRole(context, input.ExecutionRoleArn, {
    reads: containers.map((container) => container?.ModelDataUrl),
    writes: [],
    images: containers.map((container) => container?.Image),
  });
  return { ModelArn: await createNamed(context, 'model', input.ModelName as string, input) };
};
