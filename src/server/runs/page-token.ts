import { ApiError } from './api-error.ts';

/** Where a list goes on, as a text that clients hand back. */
export function writeToken(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** @param kinds of the parts. @throws ApiError */
export function readToken(
  token: string | undefined,
  kinds: readonly ('string' | 'number')[],
): unknown[] | undefined {
  if (token === undefined) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    // oxlint-disable-next-line typescript/no-unsafe-argument
    if (
      Array.isArray(parts) &&
      parts.length === kinds.length &&
      kinds.every((kind, i) => typeof parts[i] === kind)
    )
      return parts;
  } catch {
    // No token of this list.
  }
  throw new ApiError(400, 'InvalidArgument', 'token: expected the nextToken of the page before.', {
    field: 'token',
  });
}
