import type { CreateModelInput } from '@aws-sdk/client-sagemaker';
import { clientError } from '../../contract/failure-reason.ts';
import { isMultiModel, type ModelContainers, modelContainers } from '../../contract/model-containers.ts';
import { JobFailure } from '../failure.ts';

/** What serves a transform job. Pure. @throws JobFailure for a model whose requests have to name what they are for, which those of a job cannot. */
export function transformModel(request: CreateModelInput): ModelContainers {
  const model = modelContainers(request);
  const what = model.containers.some(isMultiModel)
    ? 'a multi-model container'
    : model.executionMode === 'Direct' && 'containers for direct invocation';
  if (!what) return model;
  throw new JobFailure(
    clientError(`Model '${request.ModelName}' has ${what}, which a batch transform job cannot use.`),
  );
}
