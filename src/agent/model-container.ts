import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';
import type { TransformDocument } from '../contract/agent-document.ts';
import { clientError } from '../contract/failure-reason.ts';
import { JobFailure, transformModel } from '../hosts/index.ts';

/** The container that serves a transform job's model. @throws JobFailure for a model of several */
export function modelContainer({ model, request }: TransformDocument): ContainerDefinition {
  const { containers } = transformModel(model);
  const [container] = containers;
  if (container && containers.length === 1) return container;
  throw new JobFailure(
    clientError(
      `Model '${request.ModelName}' has ${containers.length} containers: elsewhere than on this machine and on SageMaker a batch transform job uses one.`,
    ),
  );
}
