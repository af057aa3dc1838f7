import {
  clientError,
  firstCharacters,
  INTERNAL_SERVER_ERROR,
  MAX_FAILURE_REASON_LENGTH,
} from '../contract/failure-reason.ts';
import { errorMessage, SluiceError, systemErrorCode } from '../core/errors.ts';
import { isPassing } from '../core/is-passing.ts';

/** A job that fails with this very FailureReason. */
export class JobFailure extends Error {
  readonly failureReason: string;

  constructor(failureReason: string, cause?: unknown) {
    super(failureReason, { cause });
    this.name = 'JobFailure';
    this.failureReason = failureReason;
  }
}

/** The FailureReason of anything that was thrown while a job ran. */
export function failureReasonOf(error: unknown): string {
  if (error instanceof JobFailure) return error.failureReason;
  if (isDiskFull(error)) return clientError(`Insufficient disk space: ${errorMessage(error)}`);
  if (isOfUser(error)) return clientError(withHint(error));
  return firstCharacters(`${INTERNAL_SERVER_ERROR} (${errorMessage(error)})`, MAX_FAILURE_REASON_LENGTH);
}

/** Runs one stage of a job; what the user can mend then says which stage it was, in SageMaker's words. */
export async function duringStage<T>(stage: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw stageFailure(stage, error);
  }
}

/** What a failed stage is thrown as. */
export function stageFailure(stage: string, error: unknown): unknown {
  if (isDiskFull(error)) {
    return new JobFailure(clientError(`${stage}: Insufficient disk space: ${errorMessage(error)}`), error);
  }
  if (isOfUser(error)) {
    return new JobFailure(clientError(`${stage}: ${withHint(error)}`), error);
  }
  return error;
}

/** A state that cannot be written is the system's fault, whoever has to mend it. */
function isOfUser(error: unknown): error is SluiceError {
  return error instanceof SluiceError && error.fault === 'user' && !isPassing(error);
}

/** Whether the disk was full. */
export function isDiskFull(error: unknown): boolean {
  if (error instanceof SluiceError && error.code === 'DiskFull') return true;
  const code = systemErrorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

function withHint(error: SluiceError): string {
  return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
}

/** Runs what may fail without failing the job; why it did stands in the log. */
export async function bestEffort<T>(
  hosts: readonly { readonly log: { note(text: string): void } }[],
  run: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    hosts[0]?.log.note(`Not uploaded: ${errorMessage(error)}`);
    return undefined;
  }
}
