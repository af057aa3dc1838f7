import type { ErrorCode } from './error-codes.ts';
import { SluiceError } from './errors.ts';

const passing: ReadonlySet<ErrorCode> = new Set([
  'DatabaseUnreachable',
  'DiskFull',
  'HomeLocked',
  'HomeReadOnly',
]);

/**
 * Whether a state could not be written for a reason that may pass: no room, another process's lock, a
 * closed disk, a database server that is away.
 */
export function isPassing(error: unknown): boolean {
  return error instanceof SluiceError && passing.has(error.code);
}
