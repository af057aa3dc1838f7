import { type ErrorCode, errorCodes } from '../core/error-codes.ts';
import { SluiceError } from '../core/errors.ts';
import type { ContinuousUploads } from '../hosts/index.ts';
import type { KeptFailure } from './agent-state.ts';

/** Uploads that another container of the agent has done, with what failed of them. */
export function keptUploads(failures: readonly KeptFailure[]): ContinuousUploads {
  const errors = failures.map(
    ({ name, code, message, hint }) => [name, revived(code, message, hint)] as const,
  );
  return { close: () => Promise.resolve(), failures: new Map(errors) };
}

function revived(code: string | undefined, message: string, hint: string | undefined): Error {
  if (code === undefined || !Object.hasOwn(errorCodes, code)) return new Error(message);
  return new SluiceError(code as ErrorCode, message, hint === undefined ? {} : { hint });
}
