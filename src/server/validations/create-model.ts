import type { CreateModelInput } from '@aws-sdk/client-sagemaker';
import { validationError } from '../wire/aws-error.ts';

/**
 * The rules of CreateModel that the service model cannot say.
 *
 * Gaps: AWS documents the rules (API_CreateModel, API_ContainerDefinition), not the texts; these are ours.
 *
 * @throws AwsError `ValidationException`
 */
export function validateCreateModel(input: CreateModelInput): void {
  const { PrimaryContainer: primary, Containers: containers } = input;
  if (primary && containers)
    throw validationError('Either PrimaryContainer or Containers can be given, not both.');
  if (!primary && !containers?.length) throw validationError('PrimaryContainer or Containers must be given.');
  for (const container of primary ? [primary] : (containers ?? [])) {
    if (container.Image === undefined && container.ModelPackageName === undefined) {
      throw validationError('A container must have an Image or a ModelPackageName.');
    }
    if (container.ModelDataUrl !== undefined && container.ModelDataSource !== undefined) {
      throw validationError('Either ModelDataUrl or ModelDataSource can be given, not both.');
    }
  }
}
