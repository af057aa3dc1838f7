import { isNotThere } from './endpoint-answers.ts';
import type { EndpointClients } from './endpoint-clients.ts';
import type { EndpointSpec, ScalingSpec } from './endpoint-spec.ts';

const DIMENSION = 'sagemaker:variant:DesiredInstanceCount';
/** The one policy that is put for a variant. */
const POLICY = 'sluice-invocations-per-instance';

/** Has the variants of an endpoint that is in service follow their load, as its spec says. The same twice is once. */
export async function scaleEndpoint(
  clients: EndpointClients,
  { name, variants }: Pick<EndpointSpec, 'name' | 'variants'> | ScaledEndpoint,
): Promise<void> {
  for (const variant of variants)
    if (variant.scaling) await followLoad(clients, name, variant.name, variant.scaling);
}

/** An endpoint whose scaling alone is known. */
export interface ScaledEndpoint {
  readonly name: string;
  readonly variants: readonly { readonly name: string; readonly scaling?: ScalingSpec | undefined }[];
}

/** Lets variants be as they are. What is not scaled is left. */
export async function stopScaling(
  clients: EndpointClients,
  endpoint: string,
  variants: readonly string[],
): Promise<void> {
  const { DeregisterScalableTargetCommand } = await import('@aws-sdk/client-application-auto-scaling');
  const client = await clients.scaling();
  for (const variant of variants) {
    await client
      .send(new DeregisterScalableTargetCommand(targetOf(endpoint, variant)))
      .catch((error: unknown) => {
        if (!isNotThere(error)) throw error;
      });
  }
}

async function followLoad(
  clients: EndpointClients,
  endpoint: string,
  variant: string,
  scaling: ScalingSpec,
): Promise<void> {
  const { PutScalingPolicyCommand, RegisterScalableTargetCommand } = await import(
    '@aws-sdk/client-application-auto-scaling'
  );
  const client = await clients.scaling();
  const target = targetOf(endpoint, variant);
  await client.send(
    new RegisterScalableTargetCommand({ ...target, MinCapacity: scaling.min, MaxCapacity: scaling.max }),
  );
  await client.send(
    new PutScalingPolicyCommand({
      ...target,
      PolicyName: POLICY,
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: scaling.invocationsPerInstance,
        PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
        ...(scaling.scaleOutCooldown !== undefined && { ScaleOutCooldown: scaling.scaleOutCooldown }),
        ...(scaling.scaleInCooldown !== undefined && { ScaleInCooldown: scaling.scaleInCooldown }),
      },
    }),
  );
}

function targetOf(endpoint: string, variant: string) {
  return {
    ServiceNamespace: 'sagemaker',
    ResourceId: `endpoint/${endpoint}/variant/${variant}`,
    ScalableDimension: DIMENSION,
  } as const;
}
