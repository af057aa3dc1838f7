import { randomBytes } from 'node:crypto';
import type {
  CreateEndpointConfigInput,
  DesiredWeightAndCapacity,
  ProductionVariant,
  UpdateEndpointInput,
} from '@aws-sdk/client-sagemaker';
import type { ModelContainers } from '../../contract/model-containers.ts';
import { SluiceError } from '../../core/errors.ts';
import type { EndpointDeployment, EndpointVariant } from '../../state/index.ts';

/** What a deployment is planned from. */
export interface DeploymentPlan {
  readonly config: CreateEndpointConfigInput;
  /** The containers of each variant's model, in the configuration's order. */
  readonly models: readonly ModelContainers[];
  /** Variants whose weight or count is kept. */
  readonly kept?: KeptProperties | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** What UpdateEndpoint keeps of the variants of the same names. */
export interface KeptProperties {
  readonly variants: readonly EndpointVariant[];
  readonly weight: boolean;
  readonly instanceCount: boolean;
}

/** The deployment of an endpoint configuration. */
export function planDeployment({ config, models, kept, startedAt }: DeploymentPlan): EndpointDeployment {
  const variants = (config.ProductionVariants ?? []).map((configured, index): EndpointVariant => {
    const name = configured.VariantName as string;
    const before = kept?.variants.find((variant) => variant.name === name);
    const count = kept?.instanceCount ? before?.instances.length : undefined;
    return {
      name,
      configured,
      ...(models[index] as ModelContainers),
      weight: (kept?.weight ? before?.weight : undefined) ?? configured.InitialVariantWeight ?? 1,
      instances: newInstances(count ?? configured.InitialInstanceCount ?? 1),
    };
  });
  return { endpointConfigName: config.EndpointConfigName as string, variants, startedAt };
}

/** What an UpdateEndpoint request keeps of what serves. */
export function keptProperties(
  request: UpdateEndpointInput,
  current: EndpointDeployment | undefined,
): KeptProperties | undefined {
  if (!request.RetainAllVariantProperties || !current) return undefined;
  const excluded = new Set(
    (request.ExcludeRetainedVariantProperties ?? []).map((each) => each.VariantPropertyType),
  );
  return {
    variants: current.variants,
    weight: !excluded.has('DesiredWeight'),
    instanceCount: !excluded.has('DesiredInstanceCount'),
  };
}

/** The deployment with other weights and instance counts. @throws SluiceError `InvalidArgument` */
export function withWeightsAndCapacities(
  current: EndpointDeployment,
  desired: readonly DesiredWeightAndCapacity[],
  endpointArn: string,
): EndpointDeployment {
  const unknown = desired.find(
    ({ VariantName: name }) => !current.variants.some((each) => each.name === name),
  );
  if (unknown) {
    throw new SluiceError(
      'InvalidArgument',
      `The variant name(s) "${unknown.VariantName}" is/are not present within endpoint configuration "${current.endpointConfigName}" of endpoint "${endpointArn}".`,
    );
  }
  return { ...current, variants: current.variants.map((variant) => changedVariant(variant, desired)) };
}

function changedVariant(
  variant: EndpointVariant,
  desired: readonly DesiredWeightAndCapacity[],
): EndpointVariant {
  const change = desired.findLast((each) => each.VariantName === variant.name);
  const count = change?.DesiredInstanceCount ?? variant.instances.length;
  if (count < 1) {
    const message = `DesiredInstanceCount of variant "${variant.name}": expected at least 1, got ${count}.`;
    throw new SluiceError('InvalidArgument', message);
  }
  const missing = newInstances(Math.max(0, count - variant.instances.length));
  return {
    ...variant,
    weight: change?.DesiredWeight ?? variant.weight,
    instances: [...variant.instances.slice(0, count), ...missing],
  };
}

/** What an endpoint configuration asks for that is not served here. @throws SluiceError `InvalidArgument` */
export function checkServed(config: CreateEndpointConfigInput): void {
  const name = config.EndpointConfigName;
  if (config.AsyncInferenceConfig) throw notServed(name, 'AsyncInferenceConfig', WITHOUT);
  if (config.ShadowProductionVariants?.length) throw notServed(name, 'ShadowProductionVariants', WITHOUT);
  const componentVariant = config.ProductionVariants?.find(hasNoModel);
  if (componentVariant) {
    const what = `variant "${componentVariant.VariantName}" without ModelName`;
    throw notServed(name, what, 'Name a model in the variant; inference components are not served.');
  }
}

function hasNoModel({ ModelName: model }: ProductionVariant): boolean {
  return model === undefined;
}

const WITHOUT = 'Make a configuration without it.';

function notServed(config: string | undefined, what: string, instead: string): SluiceError {
  return new SluiceError(
    'InvalidArgument',
    `Endpoint configuration "${config}" has ${what}, which Sluice does not serve. ${instead}`,
  );
}

/** Ids as EC2 gives them. */
function newInstances(count: number): string[] {
  return Array.from({ length: count }, () => `i-0${randomBytes(8).toString('hex')}`);
}
