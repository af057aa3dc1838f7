import { AwsError, validationError } from '../wire/aws-error.ts';

/** The members of all Describe operations. */
export interface ScalingPageInput {
  readonly ServiceNamespace: string;
  readonly ScalableDimension?: string;
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

const MOST = 50;

/** How many rows a page has. @throws AwsError `ValidationException` */
export function pageSize({ MaxResults: asked = MOST }: ScalingPageInput): number {
  if (asked >= 1 && asked <= MOST) return asked;
  throw validationError(`MaxResults: expected 1 to ${MOST}, got ${asked}.`);
}

/** One page of rows that are sorted by a key. @throws AwsError `ValidationException`, `InvalidNextTokenException` */
export function scalingPage<Row>(
  input: ScalingPageInput,
  sorted: readonly Row[],
  keyOf: (row: Row) => string,
): { readonly rows: Row[]; readonly NextToken?: string } {
  const size = pageSize(input);
  const after = input.NextToken === undefined ? undefined : readToken(input.NextToken);
  const left = after === undefined ? sorted : sorted.filter((row) => keyOf(row) > after);
  const rows = left.slice(0, size);
  const last = rows.at(-1);
  return left.length > size && last !== undefined ? { rows, NextToken: makeToken(keyOf(last)) } : { rows };
}

/** What asks for what comes after a key. */
export function makeToken(key: string): string {
  return Buffer.from(`after:${key}`).toString('base64url');
}

/** @throws AwsError `InvalidNextTokenException` */
export function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (text.startsWith('after:')) return text.slice('after:'.length);
  throw new AwsError(
    'InvalidNextTokenException',
    'The next token is not one that this operation has answered with.',
  );
}
