import { SluiceError } from '../../core/errors.ts';

/** Whether EMR says that there is no such job, application or cluster. */
export function isUnknown(error: unknown): boolean {
  if (!(error instanceof SluiceError)) return false;
  const name = String(error.details?.['awsError'] ?? '');
  return (
    /ResourceNotFound/.test(name) ||
    (/^(?:InvalidRequest|Validation)/.test(name) &&
      /(?:is not valid|does not exist|not found)\.?\s*$/i.test(error.message))
  );
}
