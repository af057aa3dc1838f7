/**
 * Why a job failed: FailureReason.
 *
 * Source: AWS developer guide ("the first 1024 characters" of `/opt/ml/output/failure`); the forms
 * `AlgorithmError: , exit code: 1`, `AlgorithmError: <text>, exit code: 1`,
 * `AlgorithmError: See job logs for more information` and
 * `InternalServerError: We encountered an internal error.  Please try again.` as users of real jobs report them.
 */

/** The longest FailureReason, and the most of a failure file that is read: characters. */
export const MAX_FAILURE_REASON_LENGTH = 1024;

/** The bytes of a failure file that hold 1024 characters, whatever they are. */
export const FAILURE_FILE_READ_BYTES = MAX_FAILURE_REASON_LENGTH * 4;

/** The FailureReason of a job that the platform let down. */
export const INTERNAL_SERVER_ERROR =
  'InternalServerError: We encountered an internal error.  Please try again.';

/** Whether the platform let a job down: RetryStrategy repeats that alone. */
export function isInternalServerError(failureReason: string): boolean {
  return failureReason.startsWith('InternalServerError');
}

/** The FailureReason of a transform job whose algorithm failed. */
export const TRANSFORM_ALGORITHM_ERROR = 'AlgorithmError: See job logs for more information';

/** The FailureReason of a transform job whose data could not be transformed. */
export const TRANSFORM_CLIENT_ERROR = 'ClientError: See job logs for more information';

/** The FailureReason of an algorithm that ended with a non-zero code. `failure` is the failure file's content. */
export function algorithmError(exitCode: number, failure: Uint8Array | string = ''): string {
  const text = typeof failure === 'string' ? failure : new TextDecoder().decode(failure);
  const head = firstCharacters(text, MAX_FAILURE_REASON_LENGTH);
  return firstCharacters(`AlgorithmError: ${head}, exit code: ${exitCode}`, MAX_FAILURE_REASON_LENGTH);
}

/** The FailureReason of a job whose request, data or permissions are wrong. */
export function clientError(message: string): string {
  return firstCharacters(`ClientError: ${message}`, MAX_FAILURE_REASON_LENGTH);
}

/** The status of a job that was not stopped: 0 is Completed, anything else Failed. */
export function statusOfExitCode(exitCode: number): 'Completed' | 'Failed' {
  return exitCode === 0 ? 'Completed' : 'Failed';
}

/** The first `count` characters, none of them cut in two. */
export function firstCharacters(text: string, count: number): string {
  if (text.length <= count) return text;
  const cut = text.slice(0, count);
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}
