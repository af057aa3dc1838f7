import { SluiceError } from '../../core/errors.ts';

/**
 * What SageMaker says of names of jobs, which it tells with error names of many meanings.
 *
 * Source: answers of AWS as quoted in public issues; the developer guide says none of them.
 */
const UNKNOWN = /Requested resource not found|Could not find requested job|Could not find|does not exist/i;
const TAKEN = /already exist/i;
const ENDED =
  /is in status (?:Completed|Failed|Stopped|Stopping)|cannot be stopped|already (?:stopp|ended|complet)/i;

/** Whether there is no job of the name that was asked for. */
export function isUnknownJob(error: unknown): boolean {
  return isRefusal(error) && UNKNOWN.test(error.message);
}

/** Whether the name of what was to be made has been given already. */
export function isTakenName(error: unknown): boolean {
  return (isRefusal(error) || isInUse(error)) && TAKEN.test((error as Error).message);
}

/** Whether a job that was to be stopped has ended, or is being stopped. */
export function isEndedJob(error: unknown): boolean {
  return isRefusal(error) && ENDED.test(error.message);
}

function isRefusal(error: unknown): error is SluiceError {
  return error instanceof SluiceError && error.code === 'InvalidArgument';
}

function isInUse(error: unknown): boolean {
  return error instanceof SluiceError && error.details['awsError'] === 'ResourceInUse';
}
