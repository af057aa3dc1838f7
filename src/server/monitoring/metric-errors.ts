import { AwsError } from '../wire/aws-error.ts';

/** What CloudWatch answers to a value that breaks a rule. */
export function invalidValue(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}

/** What it answers to values that do not go together. */
export function invalidCombination(message: string): AwsError {
  return new AwsError('InvalidParameterCombinationException', message);
}
