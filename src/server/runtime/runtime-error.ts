/**
 * The errors of SageMaker Runtime.
 *
 * Source: ErrorCode, LogStreamArn, OriginalStatusCode and OriginalMessage beside Message, and the texts, as users of
 * real endpoints report them: aws/amazon-sagemaker-examples issues 293, 407, 799, 1026, 1216, 4324 and
 * aws/sagemaker-python-sdk issue 171; that of a missing target model in aws/sagemaker-tensorflow-serving-container issue
 * 166; when target headers are refused from the AWS developer guide ("Invoke a multi-container endpoint with direct
 * invocation"); statuses from the service model.
 * Gaps: the texts for a variant that does not exist, for a container that is not chosen rightly, for a TargetModel that
 * leaves its prefix, for an archive that cannot be unpacked, for a server that is starting and for one that has ended are
 * ours, and so are the ErrorCodes of all but a multi-model header and a model's error. For that of a TargetModel that does
 * not exist no source was found that can be cited.
 */
import { partitionOf } from '../../contract/arns.ts';
import { endpointLogGroup } from '../../contract/log-names.ts';
import type { Account } from '../../core/account.ts';
import type { TargetModelError } from '../../jobs/index.ts';
import { AwsError } from '../wire/aws-error.ts';

/** An error of SageMaker Runtime, with what its body has beside Message. */
export class RuntimeError extends AwsError {
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    code: string,
    status: number,
    message: string,
    details: Readonly<Record<string, string | number>> = {},
  ) {
    super(code, message, status);
    this.name = 'RuntimeError';
    this.details = details;
  }
}

/** The body is larger than InvokeEndpoint takes. */
export function bodyTooLarge(limitBytes: number): RuntimeError {
  return new RuntimeError('', 413, `HTTP content length exceeded ${limitBytes} bytes.`);
}

/** There is no endpoint of the name, or it is not in service. */
export function endpointNotFound(name: string, { accountId }: Account): RuntimeError {
  return invalid('NO_SUCH_ENDPOINT', `Endpoint ${name} of account ${accountId} not found.`);
}

/** A target variant that the endpoint does not have. */
export function variantNotFound(variant: string, endpoint: string, { accountId }: Account): RuntimeError {
  return invalid(
    'NO_SUCH_VARIANT',
    `Variant ${variant} of endpoint ${endpoint} of account ${accountId} not found.`,
  );
}

/** A header for endpoints of many models, to another one. */
export function targetModelNotSupported(endpoint: string): RuntimeError {
  return invalid(
    'TARGET_MODEL_HEADER_NOT_SUPPORTED',
    `Endpoint ${endpoint} is not a multi-model endpoint and does not support target model header.`,
  );
}

/** A request to an endpoint of many models that names none. */
export function targetModelMissing(requestId: string): RuntimeError {
  return invalid('TARGET_MODEL_HEADER_MISSING', `Request ${requestId} is missing a target model header.`);
}

/** A request to an endpoint for direct invocation that names no container. */
export function targetContainerMissing(endpoint: string, names: readonly string[]): RuntimeError {
  return invalid(
    'TARGET_CONTAINER_HOSTNAME_HEADER_MISSING',
    `Endpoint ${endpoint} is configured for direct invocation: the request must name a container in the target container hostname header, one of ${names.join(', ')}.`,
  );
}

/** A container that the endpoint does not have. */
export function targetContainerNotFound(
  container: string,
  endpoint: string,
  names: readonly string[],
): RuntimeError {
  return invalid(
    'NO_SUCH_CONTAINER',
    `Container ${container} of endpoint ${endpoint} not found. It has ${names.join(', ')}.`,
  );
}

/** A header for endpoints for direct invocation, to another one. */
export function targetContainerNotSupported(endpoint: string): RuntimeError {
  return invalid(
    'TARGET_CONTAINER_HOSTNAME_HEADER_NOT_SUPPORTED',
    `Endpoint ${endpoint} is not configured for direct invocation and does not support target container hostname header.`,
  );
}

/** A header for something that is not served here. */
export function notServed(what: string): RuntimeError {
  return invalid('NOT_SERVED', `Sluice does not serve ${what}.`);
}

/** The variant's servers are being started. */
export function modelNotReady(variant: string, endpoint: string): RuntimeError {
  return notReady(
    `The model of variant ${variant} of endpoint ${endpoint} is not ready yet: its server is being started. Wait and try again.`,
  );
}

function notReady(message: string): RuntimeError {
  return new RuntimeError('ModelNotReadyException', 429, message, { ErrorCode: 'MODEL_NOT_READY' });
}

/** The variant has no server that answers. */
export function serviceUnavailable(variant: string, endpoint: string, reason: string): RuntimeError {
  return new RuntimeError(
    'ServiceUnavailable',
    503,
    `Variant ${variant} of endpoint ${endpoint} cannot answer: ${reason}. See the endpoint's log.`,
    { ErrorCode: 'SERVICE_UNAVAILABLE' },
  );
}

/** What a model answered in place of a prediction. */
export interface ModelAnswer {
  /** 0 when it has not answered at all. */
  readonly status: number;
  /** Undefined when the body is too large to be shown. */
  readonly text: string | undefined;
}

/** Where a model answered. */
export interface ModelPlace {
  readonly endpoint: string;
  /** The container's name. */
  readonly container: string;
}

/** The model that an invocation names cannot answer. */
export function targetModelError(error: TargetModelError, place: ModelPlace, account: Account): RuntimeError {
  const { problem } = error;
  switch (problem.kind) {
    case 'outside':
      return invalid('INVALID_TARGET_MODEL', error.message);
    case 'absent':
      return invalid(
        'TARGET_MODEL_NOT_FOUND',
        `Failed to download model data(bucket: ${problem.bucket}, key: ${problem.key}). Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the model.`,
      );
    case 'no-archive':
      return invalid(
        'INVALID_MODEL_DATA',
        `Failed to extract model data archive from URL "${problem.uri}". Please ensure that the object located at the URL is a valid tar.gz archive.`,
      );
    case 'not-loaded':
      return modelError(problem, place, account);
    case 'not-ready':
      return notReady(`${error.message} Wait and try again.`);
    case 'not-fetched':
      return new RuntimeError('ServiceUnavailable', 503, error.message, { ErrorCode: 'SERVICE_UNAVAILABLE' });
  }
}

/** A model that refused, failed or did not answer in time. */
export function modelError(
  { status, text }: ModelAnswer,
  { endpoint, container }: ModelPlace,
  account: Account,
): RuntimeError {
  const { region, accountId } = account;
  const group = endpointLogGroup(endpoint);
  const byClient = status >= 400 && status < 500;
  const received = `Received ${byClient ? 'client' : 'server'} error (${status}) from ${container}`;
  const said = text === undefined ? 'and could not load the entire response body' : `with message "${text}"`;
  const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logEventViewer:group=${group}`;
  return new RuntimeError(
    'ModelError',
    424,
    `${received} ${said}. See ${console} in account ${accountId} for more information.`,
    {
      ErrorCode: byClient ? 'CLIENT_ERROR_FROM_MODEL' : 'INTERNAL_FAILURE_FROM_MODEL',
      LogStreamArn: `arn:${partitionOf(region)}:logs:${region}:${accountId}:log-group:${group}`,
      OriginalMessage: text ?? '',
      OriginalStatusCode: status,
    },
  );
}

/** What a model's client is told when the answer did not come in time. */
export function timedOut(container: string): string {
  return `Your invocation timed out while waiting for a response from container ${container}. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.`;
}

function invalid(errorCode: string, message: string): RuntimeError {
  return new RuntimeError('ValidationError', 400, message, { ErrorCode: errorCode });
}
