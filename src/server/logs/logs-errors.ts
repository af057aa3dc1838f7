import { AwsError } from '../wire/aws-error.ts';

/** What CloudWatch Logs answers to a request that breaks a rule. */
export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

/** What it answers for a log group that there is not. */
export function groupNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
}

/** What it answers for a log stream that there is not. */
export function streamNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
}
