/**
 * The containers of a model: their names, and how requests go through them.
 *
 * Source: API_CreateModel, API_ContainerDefinition ("If you don't specify a value for this parameter for a
 * ContainerDefinition that is part of an inference pipeline, a unique name is automatically assigned based on the position
 * of the ContainerDefinition in the pipeline"); `container_1` as such a name from a FailureReason that
 * aws-solutions-library-samples/fraud-detection-using-machine-learning issue 9 quotes; `primary` from the ModelError of
 * endpoints with one container.
 */
import type { ContainerDefinition, CreateModelInput } from '@aws-sdk/client-sagemaker';

/** `Serial`: a request goes through all containers in order. `Direct`: each request names its container. */
export type ExecutionMode = 'Serial' | 'Direct';

/** What SageMaker calls the one container of a model. */
export const PRIMARY_CONTAINER = 'primary';

/** The containers of a model, in their order, and how requests go through them. */
export interface ModelContainers {
  readonly containers: readonly ContainerDefinition[];
  readonly executionMode: ExecutionMode;
  /** EnableNetworkIsolation. @default false */
  readonly isolated?: boolean | undefined;
}

/** The containers of a model. Empty where the request names none. */
export function modelContainers(model: CreateModelInput): ModelContainers {
  const containers = model.PrimaryContainer ? [model.PrimaryContainer] : (model.Containers ?? []);
  const executionMode = model.InferenceExecutionConfig?.Mode ?? 'Serial';
  return { containers, executionMode, ...(model.EnableNetworkIsolation && { isolated: true }) };
}

/** The names of a model's containers: in logs, in errors, and for direct invocation. */
export function containerNames(model: ModelContainers): string[] {
  if (hasOneContainer(model)) return [PRIMARY_CONTAINER];
  return model.containers.map(({ ContainerHostname: name }, index) => name ?? `container_${index + 1}`);
}

/** Whether a model has one container, which needs no name. */
export function hasOneContainer({ containers, executionMode }: ModelContainers): boolean {
  return containers.length === 1 && executionMode === 'Serial';
}

/** Whether a container serves many models, each fetched when it is first asked for. */
export function isMultiModel({ Mode: mode }: ContainerDefinition): boolean {
  return mode === 'MultiModel';
}
