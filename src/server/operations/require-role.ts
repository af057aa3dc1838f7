import { partitionOf } from '../../contract/arns.ts';
import { evaluatePolicies, parsePolicy } from '../../contract/iam/index.ts';
import { parseS3Uri } from '../../objects/index.ts';
import { validationError } from '../wire/aws-error.ts';
import type { OperationContext } from './operation.ts';

/** What a job needs of its role. */
export interface RoleNeeds {
  /** `s3://…` that it reads from. */
  readonly reads: readonly (string | undefined)[];
  /** `s3://…` that it writes under. */
  readonly writes: readonly (string | undefined)[];
  readonly images?: readonly (string | undefined)[];
}

/**
 * Refuses a role that SageMaker could not work with, where policies are enforced: one that there is not, that does not
 * trust SageMaker, or that may not read, write or pull what the request names.
 *
 * Source of the first message and of that on inputs: answers of CreateTrainingJob. By design: SageMaker finds what is
 * missing for outputs and objects when the job runs; here it is told before.
 *
 * @throws AwsError `ValidationException`
 */
export async function requireRole(
  { rights, account }: OperationContext,
  arn: string | undefined,
  { reads, writes, images = [] }: RoleNeeds,
): Promise<void> {
  if (!rights || arn === undefined) return;
  const role = await rights.roles.find(arn.slice(arn.lastIndexOf('/') + 1));
  if (!role || rights.roles.arnOf(role) !== arn || !trustsSageMaker(role.trustPolicy))
    throw validationError(
      `Could not assume role ${arn}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.`,
    );
  const s3 = `arn:${partitionOf(account.region)}:s3:::`;
  const may = (action: string, resource: string, context = {}) =>
    rights.gate.mayRole(arn, { action, resources: [resource], context });
  for (const uri of uris(reads)) {
    const { bucket, key } = parseS3Uri(uri);
    if (!(await may('s3:ListBucket', `${s3}${bucket}`, { 's3:prefix': [key] })))
      throw validationError(
        `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the bucket exists in the selected region (${account.region}), that objects exist under that S3 prefix, and that the role "${arn}" has "s3:ListBucket" permissions on bucket "${bucket}".`,
      );
    if (!(await may('s3:GetObject', `${s3}${bucket}/${key}`)))
      throw lacks(arn, 's3:GetObject', `${s3}${bucket}/${key}`);
  }
  for (const uri of uris(writes)) {
    const { bucket, key } = parseS3Uri(uri);
    const resource = `${s3}${bucket}/${key}`;
    if (!(await may('s3:PutObject', resource))) throw lacks(arn, 's3:PutObject', resource);
  }
  for (const image of images) {
    const repository = ECR.exec(image ?? '');
    if (!repository) continue;
    const [, registry, region, name] = repository;
    const resource = `arn:${partitionOf(region as string)}:ecr:${region}:${registry}:repository/${name}`;
    if (!(await may('ecr:BatchGetImage', resource))) throw lacks(arn, 'ecr:BatchGetImage', resource);
  }
}

const ECR = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)/;

function uris(values: readonly (string | undefined)[]): string[] {
  return values.filter((uri) => uri?.startsWith('s3://')) as string[];
}

function trustsSageMaker(trustPolicy: string): boolean {
  const question = {
    action: 'sts:AssumeRole',
    resource: '*',
    context: {},
    principal: { Service: ['sagemaker.amazonaws.com'] },
  };
  return evaluatePolicies([parsePolicy(trustPolicy)], question).decision === 'allowed';
}

function lacks(role: string, action: string, resource: string): Error {
  return validationError(`The role "${role}" has no "${action}" permission on "${resource}".`);
}
