import { invalidParameter } from './logs-errors.ts';

/** A position as an opaque token. */
export function makeToken(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** The position in a token of {@link makeToken}. @throws AwsError `InvalidParameterException` */
export function parseToken<Position>(
  token: string,
  isPosition: (value: unknown) => value is Position,
): Position {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (isPosition(value)) return value;
  } catch {
    // Not one of ours.
  }
  throw invalidParameter('The specified nextToken is invalid.');
}
