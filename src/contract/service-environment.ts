/**
 * How the AWS clients in a job (boto3, pandas, the AWS CLI) find the services of the home that it runs in.
 *
 * By design: on SageMaker they find AWS itself, by the job's role. Here they are told by the variables that all of today's
 * AWS clients read; the request's own Environment wins.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */

/** Where the services are, and with which credentials. */
export interface ServiceAccess {
  /** `http://127.0.0.1:4777` */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The variables that lead AWS clients there; none where there is nothing to reach. */
export function serviceEnvironment(access: ServiceAccess | undefined): Record<string, string> {
  if (!access) return {};
  return {
    AWS_ENDPOINT_URL: access.url,
    AWS_ACCESS_KEY_ID: access.accessKeyId,
    AWS_SECRET_ACCESS_KEY: access.secretAccessKey,
  };
}
