import type { DescribeEndpointOutput } from '@aws-sdk/client-sagemaker';
import { resourceArn } from '../../../contract/arns.ts';
import type { Account } from '../../../core/account.ts';
import type { KubeDeployment } from '../client/objects.ts';
import type { EndpointState } from './endpoint-state.ts';

/** What SageMaker's DescribeEndpoint would answer. Pure. */
export function describeEndpoint(
  { metadata, spec, status = {} }: KubeDeployment,
  { marks, status: is }: EndpointState,
  account: Account,
): DescribeEndpointOutput {
  const { failed } = marks;
  return {
    EndpointName: marks.endpoint,
    EndpointArn: resourceArn(account, 'endpoint', marks.endpoint),
    EndpointConfigName: marks.configuration,
    ProductionVariants: [
      {
        VariantName: marks.variant,
        CurrentWeight: 1,
        DesiredWeight: 1,
        CurrentInstanceCount: status.availableReplicas ?? 0,
        DesiredInstanceCount: spec.replicas ?? 1,
      },
    ],
    EndpointStatus: is,
    ...(failed && { FailureReason: failed.reason }),
    CreationTime: new Date(metadata.creationTimestamp ?? ''),
    LastModifiedTime: new Date(marks.changedAt),
  };
}
