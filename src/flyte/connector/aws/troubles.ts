import { SluiceError } from '../../../core/errors.ts';
import type { AwsAccess } from '../../../platforms/sagemaker/index.ts';

/** How long a task waits for room, milliseconds, until its attempt has failed. */
export const ROOM_LIMIT_MS = 30 * 60_000;

/** Tries of a request of a task that is asked for again and again. */
export const ATTEMPTS = 2;

const PASSING: ReadonlySet<string> = new Set(['Throttled', 'PlatformUnavailable']);
const WITHOUT_ROOM: ReadonlySet<string> = new Set(['CapacityUnavailable', 'QuotaExceeded']);
const OF_THE_CONNECTOR: ReadonlySet<string> = new Set([
  'CredentialsExpired',
  'CredentialsInvalid',
  'CredentialsMissing',
  'ConfigInvalid',
]);

/** Whether the same request will be answered at another time: it was one too many, or nobody has answered. */
export function isPassing(error: unknown): error is SluiceError {
  return error instanceof SluiceError && PASSING.has(error.code);
}

/** Whether there is no room for the job now. */
export function isWithoutRoom(error: unknown): error is SluiceError {
  return error instanceof SluiceError && WITHOUT_ROOM.has(error.code);
}

/** What is the connector's own trouble is no failure of a task: its credentials have expired. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof SluiceError) || !OF_THE_CONNECTOR.has(error.code)) return error;
  return new SluiceError('PlatformUnavailable', `The connector cannot ask AWS: ${error.message}`, {
    cause: error,
    ...(error.hint !== undefined && { hint: error.hint }),
  });
}

/** An operation that a server which is not AWS does not have, in plain words. */
export function unsupportedHere(error: unknown, { isAws, settings }: AwsAccess, what: string): unknown {
  const name = error instanceof SluiceError ? error.details['awsError'] : undefined;
  if (isAws || name !== 'UnknownOperationException') return error;
  return new SluiceError('InvalidArgument', `${settings.endpoint} has no ${what} of SageMaker.`, {
    cause: error,
    hint: 'Point platforms.sagemaker at AWS, or leave this task out.',
  });
}
