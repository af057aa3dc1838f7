/** The door for who asks SageMaker's API in its own words, as a connector of Flyte does. */

export { AwsAccess } from '../aws/aws-access.ts';
export { isEndedJob, isTakenName, isUnknownJob } from './job-errors.ts';
