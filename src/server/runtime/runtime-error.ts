/**
 * The errors of SageMaker Runtime.
 *
 * Source: ErrorCode, LogStreamArn, OriginalStatusCode and OriginalMessage beside Message, and the texts, as users of
 * real endpoints report them: aws/amazon-sagemaker-examples issues 293, 407, 799, 1026, 1216, 4324 and
 * aws/sagemaker-python-sdk issue 171; statuses from the service model.
 * Gaps: the texts for a variant that does not exist, for a server that is starting and for one that has ended are ours,
 * and so are the ErrorCodes of all but a multi-model header and a model's error.
 */
import { partitionOf } from '../../contract/arns.ts';
import { endpointLogGroup } from '../../contract/log-names.ts';
import type { Account } from '../../core/account.ts';
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

/** A header for endpoints of many models, which none is here. */
export function targetModelNotSupported(endpoint: string): RuntimeError {
  return invalid(
    'TARGET_MODEL_HEADER_NOT_SUPPORTED',
    `Endpoint ${endpoint} is not a multi-model endpoint and does not support target model header.`,
  );
}

/** A header for something that is not served here. */
export function notServed(what: string): RuntimeError {
  return invalid('NOT_SERVED', `Sluice does not serve ${what}.`);
}

/** The variant's servers are being started. */
export function modelNotReady(variant: string, endpoint: string): RuntimeError {
  return new RuntimeError(
    'ModelNotReadyException',
    429,
    `The model of variant ${variant} of endpoint ${endpoint} is not ready yet: its server is being started. Wait and try again.`,
    { ErrorCode: 'MODEL_NOT_READY' },
  );
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

/** A model that refused, failed or did not answer in time. */
export function modelError({ status, text }: ModelAnswer, endpoint: string, account: Account): RuntimeError {
  const { region, accountId } = account;
  const group = endpointLogGroup(endpoint);
  const byClient = status >= 400 && status < 500;
  const received = `Received ${byClient ? 'client' : 'server'} error (${status}) from primary`;
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
export const TIMED_OUT =
  'Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.';

function invalid(errorCode: string, message: string): RuntimeError {
  return new RuntimeError('ValidationError', 400, message, { ErrorCode: errorCode });
}
