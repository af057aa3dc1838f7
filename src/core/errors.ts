import { type ErrorCode, errorCodes } from './error-codes.ts';

/** Whose mistake an error is: the user can mend a `user` error; a `system` error may be retried. */
export type Fault = 'user' | 'system';

/** What {@link SluiceError} takes beside its code and message. */
export interface SluiceErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** What to do next, one sentence. Shown after the message. */
  readonly hint?: string;
  /** Further facts for programs (`--json`), never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one base class of every error that Sluice raises on purpose.
 *
 * The message names the field, what was expected and what came; `hint` says what to do next. `code` is stable
 * and documented in `docs/errors.md`; `fault` follows from it.
 */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly fault: Fault;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: SluiceErrorOptions = {}) {
    super(cutMessage(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SluiceError';
    this.code = code;
    this.fault = errorCodes[code].fault;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** A message may quote what came from elsewhere; longer ones are cut in their middle, characters. */
const LONGEST_MESSAGE = 16_384;

function cutMessage(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  const half = LONGEST_MESSAGE / 2;
  return `${message.slice(0, half)} … ${message.slice(-half)}`;
}

/** The text of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node system error (`ENOENT`, `EACCES`, …), or undefined. */
export function systemErrorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
