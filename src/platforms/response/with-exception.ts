import { exceptionLine } from '../../contract/exception-line.ts';
import type { JobStatus } from '../platform.ts';

/** Why the program ended, in its own words, beside the FailureReason, which may have its exit code alone. Pure. */
export function withException(status: JobStatus, logTail: readonly string[]): JobStatus {
  const line = exceptionLine(logTail);
  if (line === undefined || status.message === undefined || status.message.includes(line)) return status;
  return { ...status, message: `${status.message} (${line})` };
}
