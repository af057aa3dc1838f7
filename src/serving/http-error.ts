/** An error with the HTTP status that it is answered with. */
export class HttpError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HttpError';
    this.statusCode = statusCode;
  }
}

/** The status that an error asks for, or `otherwise`. */
export function statusOf(error: unknown, otherwise: number): number {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) < 600
    ? (status as number)
    : otherwise;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
