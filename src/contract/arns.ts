/**
 * Amazon Resource Names of what SageMaker makes.
 *
 * Source: the ARN patterns of the SageMaker API's service model. By design: the name in an ARN is in lower case,
 * as in the ARNs that SageMaker answers with; names that differ in case alone are therefore one name, as AWS documents
 * it for CreateEndpoint, and the second is refused. Gaps: answers since 2023 show some ARNs in the name's own case.
 */
import type { Account } from '../core/account.ts';

/** The kinds of resource that have an ARN here, by the word that stands in it. */
export type ResourceType =
  | 'training-job'
  | 'processing-job'
  | 'transform-job'
  | 'model'
  | 'endpoint-config'
  | 'endpoint'
  | 'experiment'
  | 'experiment-trial'
  | 'experiment-trial-component';

/** `arn:aws:sagemaker:<region>:<account>:<type>/<name>`. */
export function resourceArn(account: Account, type: ResourceType, name: string): string {
  const partition = partitionOf(account.region);
  return `arn:${partition}:sagemaker:${account.region}:${account.accountId}:${type}/${name.toLowerCase()}`;
}

/** The role that stands in where none is configured. */
export function defaultRoleArn(account: Account): string {
  return `arn:${partitionOf(account.region)}:iam::${account.accountId}:role/SluiceExecutionRole`;
}

/** The partition of a region: `aws`, `aws-cn`, `aws-us-gov`. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
