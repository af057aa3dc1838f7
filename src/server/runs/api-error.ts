import { errorMessage, SluiceError } from '../../core/errors.ts';
import { isPassing } from '../../core/is-passing.ts';
import { AwsError } from '../wire/aws-error.ts';

/** What is known of a refusal beside its message. */
export interface ApiErrorOptions {
  readonly hint?: string | undefined;
  /** The field of the request that is wrong: `inputs.epochs`. */
  readonly field?: string | undefined;
  readonly missingBundles?: readonly string[] | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal of the runs' API. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly options: ApiErrorOptions;

  constructor(status: number, code: string, message: string, options: ApiErrorOptions = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.options = options;
  }
}

/** Statuses of errors that are not 400. */
const STATUSES: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  RunNotFound: 404,
  WorkflowNotFound: 404,
  JobNotFound: 404,
  LogsNotFound: 404,
  RunActive: 409,
  RunKeyTaken: 409,
  IdempotencyMismatch: 409,
  WorkflowVersionTaken: 409,
  GraphChanged: 409,
  LimitExceeded: 413,
};

/** What a stranger has sent may stand in a message, and be long. Characters. */
const MAX_MESSAGE = 2000;

const RETRY = { 'retry-after': '1' };

/** Any error as the API answers it: a request's mistake is never a 500. */
export function toApiError(error: unknown, log: (message: string) => void): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof AwsError) return signatureError(error);
  if (error instanceof SluiceError) {
    const { code, message, hint, fault, details } = error;
    const field = typeof details['field'] === 'string' ? details['field'] : undefined;
    const missingBundles = details['missingBundles'] as readonly string[] | undefined;
    const { retryAfterSeconds } = details;
    if (retryAfterSeconds !== undefined)
      return new ApiError(fault === 'user' ? 429 : 503, code, message, {
        hint,
        headers: { 'retry-after': String(retryAfterSeconds) },
      });
    if (isPassing(error)) return new ApiError(503, code, message, { hint, headers: RETRY });
    if (fault === 'user' || STATUSES[code] !== undefined)
      return new ApiError(STATUSES[code] ?? 400, code, message, { hint, field, missingBundles });
    log(error.stack ?? message);
    const status = code === 'InternalError' ? 500 : 503;
    return new ApiError(status, code, message, { hint, ...(status === 503 && { headers: RETRY }) });
  }
  log(error instanceof Error ? (error.stack ?? error.message) : errorMessage(error));
  return new ApiError(500, 'InternalError', 'The server has a defect; its log has the cause.');
}

/** The document of an error: one shape for all. */
export function errorDocument({ code, message, options }: ApiError): object {
  const { hint, field, missingBundles } = options;
  return {
    error: {
      code,
      message: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message,
      ...(hint !== undefined && { hint }),
      ...(field !== undefined && { field }),
      ...(missingBundles !== undefined && { missingBundles }),
    },
  };
}

/** What the door and the verifier of signatures say, in this API's words. */
function signatureError({ code, message, status }: AwsError): ApiError {
  const hint =
    'Sign with the keys that the server takes, for the service sluice: eval "$(sluice env)" exports them.';
  if (code === 'MissingAuthenticationTokenException')
    return new ApiError(401, 'SignatureRequired', 'This server takes signed requests only.', {
      hint,
      headers: { 'www-authenticate': 'AWS4-HMAC-SHA256' },
    });
  if (code === 'AccessDeniedException') return new ApiError(403, 'AccessDenied', message);
  if (code === 'RequestEntityTooLargeException') return new ApiError(413, 'LimitExceeded', message);
  if (code === 'IncompleteBody') return new ApiError(400, 'InvalidArgument', message);
  return new ApiError(status === 400 ? 400 : 403, 'SignatureInvalid', message, { hint });
}
