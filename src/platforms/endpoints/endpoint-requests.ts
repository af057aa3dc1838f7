import type { CreateEndpointConfigInput, CreateModelInput, Tag } from '@aws-sdk/client-sagemaker';
import { partName } from './endpoint-names.ts';
import type { EndpointSpec, ModelSpec } from './endpoint-spec.ts';

/** What an endpoint is made of. */
export interface EndpointRequests {
  /** Each model once. */
  readonly models: readonly CreateModelInput[];
  readonly config: CreateEndpointConfigInput;
}

/** The requests for an endpoint's models and configuration. The same key gives the same names. Pure. */
export function endpointRequests(
  spec: EndpointSpec,
  key: string,
  tags: readonly Tag[] = [],
): EndpointRequests {
  const own = [...Object.entries(spec.tags ?? {}).map(([Key, Value]) => ({ Key, Value })), ...tags];
  const models = new Map<string, CreateModelInput>();
  const variants = spec.variants.map((variant) => {
    const model = modelRequest(spec.name, variant.model, own);
    models.set(model.ModelName as string, model);
    return {
      VariantName: variant.name,
      ModelName: model.ModelName,
      InstanceType: variant.instanceType as never,
      InitialInstanceCount: variant.instanceCount,
      InitialVariantWeight: variant.weight ?? 1,
    };
  });
  return {
    models: [...models.values()],
    config: {
      EndpointConfigName: partName(spec.name, key),
      ProductionVariants: variants,
      ...(spec.kmsKeyId !== undefined && { KmsKeyId: spec.kmsKeyId }),
      ...(own.length > 0 && { Tags: own }),
    },
  };
}

function modelRequest(endpoint: string, model: ModelSpec, tags: readonly Tag[]): CreateModelInput {
  const { image, dataUrl, mode, environment, roleArn, vpc } = model;
  return {
    ModelName: partName(endpoint, JSON.stringify(model)),
    ExecutionRoleArn: roleArn,
    PrimaryContainer: {
      Image: image,
      ...(mode === 'MultiModel' && { Mode: mode }),
      ...(dataUrl !== undefined && { ModelDataUrl: dataUrl }),
      Environment: environment,
    },
    ...(vpc && { VpcConfig: vpc }),
    ...(tags.length > 0 && { Tags: [...tags] }),
  };
}
