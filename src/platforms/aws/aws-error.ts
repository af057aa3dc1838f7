import type { ErrorCode } from '../../core/error-codes.ts';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import type { AwsSettings } from '../../core/platforms-settings.ts';

/** What AWS, or its SDK, has answered with. */
interface Failure {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

interface Kind {
  readonly code: ErrorCode;
  /** Of the error's name. */
  readonly name: RegExp;
  /** And of its message. */
  readonly message?: RegExp;
  readonly hint: (settings: AwsSettings) => string;
}

const whoIsAsking = ({ profile, assumeRole }: AwsSettings): string =>
  assumeRole
    ? `the role ${assumeRole.arn}`
    : profile === undefined
      ? 'the credentials'
      : `profile '${profile}'`;

/** The first that fits says what it is. */
const KINDS: readonly Kind[] = [
  {
    code: 'InstanceTypeUnavailable',
    name: /^(?:Validation|ResourceLimitExceeded|InvalidParameter|InvalidRequest)/,
    // In the words of SageMaker (twice), of its enumerations, and of EMR.
    message:
      /Unsupported instance type|is not available in this region|instanceType' failed to satisfy constraint: Member must satisfy enum|Instance type '?[\w.-]+'? is not supported\b(?! by)/i,
    hint: ({ region }) =>
      `Name another instance type (instanceType, instancePreferences), or another region: sluice prices refresh --region ${region ?? 'REGION'} fetches which types there are, and the plan then knows.`,
  },
  {
    code: 'QuotaZero',
    name: /^ResourceLimitExceeded/,
    message: /\bis 0 /,
    hint: () =>
      'This account may use none of these instances: ask for a higher quota in the Service Quotas console, or name another instance type (instanceType, instancePreferences).',
  },
  {
    code: 'QuotaExceeded',
    name: /^(?:ResourceLimitExceeded|LimitExceeded|ServiceQuotaExceeded)/,
    hint: () => 'Wait for other jobs to end, ask for a higher quota, or name another instance type.',
  },
  {
    code: 'CapacityUnavailable',
    name: /CapacityError|InsufficientInstanceCapacity|InsufficientCapacity/,
    hint: () => 'Name further types in instancePreferences, another region, or try again later.',
  },
  {
    code: 'Throttled',
    name: /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/,
    hint: () => 'Ask less often, or try again later.',
  },
  {
    code: 'CredentialsExpired',
    name: /^(?:ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired)$/,
    hint: () => 'Log in again (aws sso login), or set new credentials.',
  },
  {
    code: 'CredentialsExpired',
    name: /^(?:CredentialsProviderError|TokenProviderError|InvalidClientTokenId|UnrecognizedClientException)$/,
    message: /expired/i,
    hint: () => 'Log in again (aws sso login), or set new credentials.',
  },
  {
    code: 'CredentialsMissing',
    name: /^(?:CredentialsProviderError|TokenProviderError)$/,
    hint: ({ profile }) =>
      profile === undefined
        ? 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or profile: in the settings of the platform.'
        : `Look whether ~/.aws has the profile '${profile}', and log in: aws sso login --profile ${profile}`,
  },
  {
    code: 'CredentialsInvalid',
    name: /^(?:UnrecognizedClientException|InvalidClientTokenId|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature|MissingAuthenticationToken(?:Exception)?|InvalidAccessKeyId)$/,
    hint: ({ endpoint }) =>
      endpoint === undefined
        ? 'Check the access key, its secret, and the clock of this machine.'
        : `Check the access key, its secret, and the clock of this machine. ${endpoint} knows keys of its own: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY have to be one of them. Of a sluice serve, sluice env --home HOME prints them.`,
  },
  {
    code: 'RoleRefused',
    name: /^AccessDenied/,
    message: /sts:AssumeRole\b/,
    hint: ({ assumeRole }) =>
      `The trust policy of ${assumeRole?.arn ?? 'the role'} has to name who asks${assumeRole?.externalId === undefined ? ', and an externalId where it demands one' : ', with this externalId'}; and who asks needs sts:AssumeRole for it.`,
  },
  {
    code: 'RoleRefused',
    name: /^Validation/,
    message: /could not assume role|assumed by|AssumeRole/i,
    hint: () =>
      'The trust policy of the execution role has to name sagemaker.amazonaws.com, and the role has to exist.',
  },
  {
    code: 'AccessDenied',
    name: /^(?:AccessDenied|UnauthorizedOperation|NotAuthorized)/,
    hint: (settings) =>
      `Give ${whoIsAsking(settings)} the permission: sluice iam print shows the least policy.`,
  },
  {
    code: 'InvalidArgument',
    name: /^(?:Validation|InvalidParameter|InvalidRequest)/,
    hint: () => 'Change the task, or the settings of the platform.',
  },
];

const NETWORK =
  /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|UND_ERR_\w+)$/;

/** An error of AWS in Sluice's words: what was done, what AWS said, and what would help. */
export function awsError(error: unknown, what: string, settings: AwsSettings): unknown {
  if (error instanceof SluiceError || isAbort(error)) return error;
  const failure = (error ?? {}) as Failure;
  const [name, message] = [String(failure.name ?? ''), errorMessage(error)];
  const told = `${what}: ${message}`;
  const options = { cause: error, details: { awsError: name } };
  const kind = KINDS.find(
    (each) => each.name.test(name) && (each.message === undefined || each.message.test(message)),
  );
  if (kind) return new SluiceError(kind.code, told, { ...options, hint: kind.hint(settings) });
  if (isOut(failure, name)) {
    const where = settings.endpoint ?? 'AWS';
    return new SluiceError('PlatformUnavailable', told, {
      ...options,
      hint: `Check whether ${where} can be reached from here, or try again later.`,
    });
  }
  return failure.$metadata ? new SluiceError('InvalidArgument', `${told} (${name})`, options) : error;
}

/** It can answer another time. */
function isOut({ code, $metadata }: Failure, name: string): boolean {
  if (($metadata?.httpStatusCode ?? 0) >= 500) return true;
  return name === 'TimeoutError' || (typeof code === 'string' && NETWORK.test(code));
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
