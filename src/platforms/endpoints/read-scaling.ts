import type { EndpointClients } from './endpoint-clients.ts';

/** What scales a variant. */
export interface ShownScaling {
  readonly variant: string;
  /** Both in instances. */
  readonly min: number;
  readonly max: number;
  readonly policies: readonly { readonly name: string; readonly metric: string; readonly target: number }[];
}

/** What scales the variants of an endpoint. */
export async function readScaling(
  clients: EndpointClients,
  endpoint: string,
  variants: readonly string[],
): Promise<ShownScaling[]> {
  if (variants.length === 0) return [];
  const { DescribeScalableTargetsCommand, DescribeScalingPoliciesCommand } = await import(
    '@aws-sdk/client-application-auto-scaling'
  );
  const client = await clients.scaling();
  const ServiceNamespace = 'sagemaker';
  const resources = new Map(variants.map((variant) => [`endpoint/${endpoint}/variant/${variant}`, variant]));
  const { ScalableTargets: targets = [] } = await client.send(
    new DescribeScalableTargetsCommand({ ServiceNamespace, ResourceIds: [...resources.keys()] }),
  );
  const shown: ShownScaling[] = [];
  for (const { ResourceId = '', MinCapacity: min = 0, MaxCapacity: max = 0 } of targets) {
    const { ScalingPolicies: policies = [] } = await client.send(
      new DescribeScalingPoliciesCommand({ ServiceNamespace, ResourceId }),
    );
    shown.push({
      variant: resources.get(ResourceId) ?? ResourceId,
      min,
      max,
      policies: policies.map(
        ({ PolicyName: name = '', TargetTrackingScalingPolicyConfiguration: tracking }) => ({
          name,
          metric:
            tracking?.PredefinedMetricSpecification?.PredefinedMetricType ??
            tracking?.CustomizedMetricSpecification?.MetricName ??
            'a metric',
          target: tracking?.TargetValue ?? 0,
        }),
      ),
    });
  }
  return shown;
}
