/**
 * IAM's errors, in its words.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and answers of IAM quoted in moto.
 */
import { findPolicyProblem, type PolicyUse } from '../../contract/iam/index.ts';
import { AwsError } from '../wire/aws-error.ts';

/** There is none of this name. */
export function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntity', message, 404);
}

/** There is one of this name. */
export function entityAlreadyExists(message: string): AwsError {
  return new AwsError('EntityAlreadyExists', message, 409);
}

/** Others need it. */
export function deleteConflict(message: string): AwsError {
  return new AwsError('DeleteConflict', message, 409);
}

/** One more, or a longer one, than there may be. */
export function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceeded', message, 409);
}

/** @throws AwsError `MalformedPolicyDocument` */
export function requirePolicy(document: string, use: PolicyUse): void {
  const problem = findPolicyProblem(document, use);
  if (problem !== undefined) throw new AwsError('MalformedPolicyDocument', problem, 400);
}
