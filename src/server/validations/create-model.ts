import type { ContainerDefinition, CreateModelInput } from '@aws-sdk/client-sagemaker';
import { isMultiModel } from '../../contract/model-containers.ts';
import { firstRepeated } from '../../contract/rules.ts';
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
  for (const container of primary ? [primary] : (containers ?? [])) validateContainer(container);
  validateHostnames(containers ?? [], input.InferenceExecutionConfig?.Mode);
}

function validateContainer(container: ContainerDefinition): void {
  const {
    Image: image,
    ModelPackageName: modelPackage,
    ModelDataUrl: url,
    ModelDataSource: source,
  } = container;
  if (image === undefined && modelPackage === undefined) {
    throw validationError('A container must have an Image or a ModelPackageName.');
  }
  if (url !== undefined && source !== undefined) {
    throw validationError('Either ModelDataUrl or ModelDataSource can be given, not both.');
  }
  if (isMultiModel(container) && modelPackage === undefined && url === undefined && source === undefined) {
    throw validationError(
      'A container of Mode MultiModel must have a ModelDataUrl: the prefix of its models.',
    );
  }
}

function validateHostnames(containers: readonly ContainerDefinition[], mode: string | undefined): void {
  const names = containers.flatMap(({ ContainerHostname: name }) => name ?? []);
  if (names.length > 0 && names.length < containers.length) {
    throw validationError('Either all Containers must have a ContainerHostname, or none.');
  }
  const twice = firstRepeated(names);
  if (twice !== undefined) {
    throw validationError(
      `ContainerHostname '${twice}' is given to more than one container; it must be unique.`,
    );
  }
  if (mode === 'Direct' && names.length < Math.max(1, containers.length)) {
    throw validationError('Containers that are invoked directly must have a ContainerHostname each.');
  }
}
