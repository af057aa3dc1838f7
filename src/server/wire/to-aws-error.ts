import { errorMessage, SluiceError } from '../../core/errors.ts';
import { isPassing } from '../../core/is-passing.ts';
import { isPeerUnavailable } from '../../jobs/index.ts';
import { AwsError } from './aws-error.ts';

/**
 * Any error as AWS answers it. What is the user's to mend is a ValidationException; a state that cannot be written now is
 * a ServiceUnavailable, which AWS clients try again; all else an InternalFailure, of which the log has the cause.
 */
export function toAwsError(error: unknown, log: (message: string) => void): AwsError {
  if (error instanceof AwsError) return error;
  if (isPassing(error) || isPeerUnavailable(error)) {
    log(errorMessage(error));
    return new AwsError('ServiceUnavailable', errorMessage(error), 503);
  }
  if (error instanceof SluiceError && error.fault === 'user') {
    return new AwsError('ValidationException', error.message);
  }
  log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const message = error instanceof SluiceError ? error.message : 'We encountered an internal error.';
  return new AwsError('InternalFailure', message, 500);
}
