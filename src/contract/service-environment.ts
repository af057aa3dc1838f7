/**
 * How the AWS clients in a job (boto3, pandas, the AWS CLI) find the services of the home that it runs in.
 *
 * By design: on SageMaker they find AWS itself, by the job's role. Here they are told by the variables that all of today's
 * AWS clients read, with credentials of the job's own; the request's own Environment wins.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */

/** Where the services are, and with which credentials. */
export interface ServiceAccess {
  /** `http://127.0.0.1:4777` */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Who has credentials: a job, or the model servers of an endpoint. */
export interface CredentialsHolder {
  readonly type: 'training' | 'processing' | 'transform' | 'endpoint';
  readonly name: string;
  /** Milliseconds since 1970: a later one of the same name is another one. */
  readonly createdAt: number;
}

const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;

/**
 * The variables that lead AWS clients there; none where there is nothing to reach.
 *
 * @param own what the request itself sets: its keys are not mixed with others, and other places get no keys of ours
 */
export function serviceEnvironment(
  access: ServiceAccess | undefined,
  own: Readonly<Record<string, string>> = {},
): Record<string, string> {
  if (!access) return {};
  const { AWS_ENDPOINT_URL: url = access.url } = own;
  if (url !== access.url) return {};
  const place = { AWS_ENDPOINT_URL: url };
  if (KEYS.some((name) => own[name] !== undefined)) return place;
  return {
    ...place,
    AWS_ACCESS_KEY_ID: access.accessKeyId,
    AWS_SECRET_ACCESS_KEY: access.secretAccessKey,
    AWS_SESSION_TOKEN: access.sessionToken,
  };
}
