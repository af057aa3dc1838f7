import type { PageFilter } from '../../state/index.ts';
import { validationError } from '../wire/aws-error.ts';

/** What List operations answer with when nothing else is asked for. */
const DEFAULT_PAGE = 10;

/** Where the next page begins: after the row of this name and this value of the column that is sorted by. */
export interface PagePosition {
  readonly value: string | number;
  readonly name: string;
}

/** The members that every List operation takes. */
export interface PageInput {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
  readonly SortBy?: string | undefined;
  readonly SortOrder?: string | undefined;
}

/** The orders of List operations. */
export type SortOrder = 'Ascending' | 'Descending';

/** The members by which List operations pick rows. */
export interface ListInput<Status extends string = string> extends PageInput {
  readonly NameContains?: string | undefined;
  readonly StatusEquals?: Status | undefined;
  readonly CreationTimeAfter?: Date | undefined;
  readonly CreationTimeBefore?: Date | undefined;
  readonly LastModifiedTimeAfter?: Date | undefined;
  readonly LastModifiedTimeBefore?: Date | undefined;
}

const SORT_COLUMNS = { Name: 'name', CreationTime: 'createdAt', Status: 'status' } as const;

/** A row of a table that List operations show. */
interface ListedRow {
  readonly name: string;
  readonly createdAt: number;
  readonly status?: string;
}

/** One page of rows, and what asks for the next. */
export interface Page<Row> {
  readonly rows: Row[];
  readonly NextToken?: string;
}

/** What reads rows: those after a position, at most `limit`. */
export type ReadRows<Row> = (after: PagePosition | undefined, limit: number) => Promise<Row[]>;

/**
 * Reads one page. A token holds the last row's position, so that a page costs the same wherever it lies and rows that
 * are added meanwhile shift nothing.
 *
 * @throws AwsError `ValidationException` for a token of another order, or of nobody's making
 */
export async function readPage<Row>(
  input: PageInput,
  read: ReadRows<Row>,
  positionOf: (row: Row) => PagePosition,
): Promise<Page<Row>> {
  const limit = input.MaxResults ?? DEFAULT_PAGE;
  const order = `${input.SortBy ?? ''}/${input.SortOrder ?? ''}`;
  const after = input.NextToken === undefined ? undefined : parseToken(input.NextToken, order);
  const rows = await read(after, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (rows.length <= limit || last === undefined) return { rows: page };
  return { rows: page, NextToken: makeToken(positionOf(last), order) };
}

/**
 * Reads one page of what has a name, a status and a time of creation; by that time unless SortBy says otherwise.
 *
 * @throws AwsError `ValidationException` as {@link readPage}
 */
export function readListPage<Row extends ListedRow, Status extends string>(
  input: ListInput<Status>,
  read: (filter: PageFilter<Status>) => Promise<Row[]>,
  defaultOrder: SortOrder = 'Descending',
): Promise<Page<Row>> {
  const sortBy = SORT_COLUMNS[(input.SortBy ?? 'CreationTime') as keyof typeof SORT_COLUMNS];
  return readPage(
    input,
    (after, limit) =>
      read({
        nameContains: input.NameContains,
        status: input.StatusEquals,
        createdAfter: input.CreationTimeAfter?.getTime(),
        createdBefore: input.CreationTimeBefore?.getTime(),
        modifiedAfter: input.LastModifiedTimeAfter?.getTime(),
        modifiedBefore: input.LastModifiedTimeBefore?.getTime(),
        sortBy,
        sortOrder: (input.SortOrder ?? defaultOrder) === 'Ascending' ? 'ascending' : 'descending',
        after,
        limit,
      }),
    (row) => ({ value: row[sortBy] ?? '', name: row.name }),
  );
}

function makeToken({ value, name }: PagePosition, order: string): string {
  return Buffer.from(JSON.stringify([value, name, order])).toString('base64url');
}

function parseToken(token: string, order: string): PagePosition {
  try {
    const [value, name, tokenOrder] = JSON.parse(
      Buffer.from(token, 'base64url').toString('utf8'),
    ) as unknown[];
    const known = typeof value === 'string' || typeof value === 'number';
    if (known && typeof name === 'string' && tokenOrder === order) return { value, name };
  } catch {
    // Not one of ours.
  }
  throw validationError(
    'Invalid NextToken: it was not made by this operation with the same SortBy and SortOrder.',
  );
}
