import type { ErrorCode } from '../../core/error-codes.ts';
import { errorMessage, SluiceError } from '../../core/errors.ts';

/** An error as it travels between threads. */
export interface PlainError {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

/** To send to another thread. */
export function plainError(error: unknown): PlainError {
  if (!(error instanceof SluiceError)) return { message: errorMessage(error) };
  const { code, message, hint } = error;
  return { code, message, ...(hint !== undefined && { hint }) };
}

/** From another thread. */
export function reviveError({ code = 'InternalError', message, hint }: PlainError): SluiceError {
  return new SluiceError(code, message, hint === undefined ? {} : { hint });
}
