import { AwsError } from '../wire/aws-error.ts';

/** What tells a target from others. */
export interface TargetInput {
  readonly ServiceNamespace: string;
  readonly ResourceId: string;
  readonly ScalableDimension: string;
}

/** What Application Auto Scaling answers where there is no such target. */
export function targetNotFound(input: TargetInput, verb: 'found' | 'registered' = 'found'): AwsError {
  return new AwsError('ObjectNotFoundException', `No scalable target ${verb} for ${words(input)}`);
}

/** What it answers where there is no such policy. */
export function policyNotFound(input: TargetInput & { readonly PolicyName: string }): AwsError {
  return new AwsError(
    'ObjectNotFoundException',
    `No scaling policy found for ${words(input)}, policy name: ${input.PolicyName}`,
  );
}

/** What it answers for a resource of no service that goes with the dimension. */
export function unsupported(): AwsError {
  return new AwsError(
    'ValidationException',
    'Unsupported service namespace, resource type or scalable dimension',
  );
}

function words({
  ServiceNamespace: service,
  ResourceId: id,
  ScalableDimension: dimension,
}: TargetInput): string {
  return `service namespace: ${service}, resource ID: ${id}, scalable dimension: ${dimension}`;
}
