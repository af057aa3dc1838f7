import type { DescribeEndpointOutput, ProductionVariantSummary } from '@aws-sdk/client-sagemaker';
import type { EndpointDeployment, EndpointRecord, EndpointVariant } from '../../state/index.ts';

/** What DescribeEndpoint answers. Pure. */
export function describeEndpoint(record: EndpointRecord): DescribeEndpointOutput {
  const { name, arn, status, createdAt, modifiedAt, request, progress } = record;
  const { current, pending, failureReason, deploymentConfig } = progress;
  return {
    EndpointName: name,
    EndpointArn: arn,
    EndpointConfigName: (current ?? pending)?.endpointConfigName ?? request.EndpointConfigName,
    ProductionVariants: status === 'Failed' ? undefined : variantSummaries(current, pending),
    EndpointStatus: status,
    FailureReason: failureReason,
    CreationTime: new Date(createdAt),
    LastModifiedTime: new Date(modifiedAt),
    LastDeploymentConfig: deploymentConfig,
    PendingDeploymentSummary:
      current && pending && pending.endpointConfigName !== current.endpointConfigName
        ? pendingSummary(pending)
        : undefined,
  };
}

/** What serves, and what it is to become; of an endpoint that is being created, what will serve. */
function variantSummaries(
  current: EndpointDeployment | undefined,
  pending: EndpointDeployment | undefined,
): ProductionVariantSummary[] {
  const shown = current ?? pending;
  if (!shown) return [];
  return shown.variants.map((variant) => {
    const desired = pending?.variants.find(({ name }) => name === variant.name) ?? variant;
    const { configured } = variant;
    const capacity = configured.ServerlessConfig ? undefined : variant.instances.length;
    return {
      VariantName: variant.name,
      DeployedImages: deployedImages(variant, shown),
      CurrentWeight: variant.weight,
      DesiredWeight: desired.weight,
      CurrentInstanceCount: current || capacity === undefined ? capacity : 0,
      DesiredInstanceCount: capacity && desired.instances.length,
      CurrentServerlessConfig: configured.ServerlessConfig,
      DesiredServerlessConfig: configured.ServerlessConfig,
      VariantStatus: pending && [
        { Status: current ? 'Updating' : 'Creating', StartTime: new Date(pending.startedAt) },
      ],
      ManagedInstanceScaling: configured.ManagedInstanceScaling,
      RoutingConfig: configured.RoutingConfig,
    };
  });
}

function pendingSummary(pending: EndpointDeployment): DescribeEndpointOutput['PendingDeploymentSummary'] {
  return {
    EndpointConfigName: pending.endpointConfigName,
    StartTime: new Date(pending.startedAt),
    ProductionVariants: pending.variants.map((variant) => ({
      VariantName: variant.name,
      DeployedImages: deployedImages(variant, pending),
      DesiredWeight: variant.weight,
      DesiredInstanceCount: variant.instances.length,
      VariantStatus: [{ Status: 'Creating', StartTime: new Date(pending.startedAt) }],
    })),
  };
}

function deployedImages(
  { containers }: EndpointVariant,
  { startedAt }: EndpointDeployment,
): ProductionVariantSummary['DeployedImages'] {
  const images = containers.flatMap(({ Image: image }) => image ?? []);
  if (images.length === 0) return undefined;
  return images.map((image) => ({
    SpecifiedImage: image,
    ResolvedImage: image,
    ResolutionTime: new Date(startedAt),
  }));
}
