import type { SqlValue, Statements } from './database.ts';
import { escapeLike } from './escape-like.ts';

/** Which rows to list and in which order, as SageMaker's List operations have it. Times: milliseconds since 1970. */
export interface PageFilter<Status extends string = string> {
  readonly nameContains?: string | undefined;
  readonly status?: Status | undefined;
  readonly createdAfter?: number | undefined;
  readonly createdBefore?: number | undefined;
  readonly modifiedAfter?: number | undefined;
  readonly modifiedBefore?: number | undefined;
  /** @default 'createdAt' */
  readonly sortBy?: 'name' | 'createdAt' | 'status' | undefined;
  /** @default 'descending' */
  readonly sortOrder?: 'ascending' | 'descending' | undefined;
  /** Begins after the row with this name and this value of `sortBy`, in the order asked for. */
  readonly after?: { readonly value: string | number; readonly name: string } | undefined;
  /** @default 100 */
  readonly limit?: number | undefined;
}

/** Where the rows are. */
export interface PageSource {
  readonly table:
    | 'jobs'
    | 'models'
    | 'endpoint_configs'
    | 'endpoints'
    | 'experiments'
    | 'trials'
    | 'trial_components'
    | 'repositories';
  readonly columns: string;
  /** Only rows of this `type`. */
  readonly type?: string;
}

const SORT_COLUMNS = { name: 'name', createdAt: 'created_at', status: 'status' } as const;

/** One page of a table of things that have a name and a time of creation. */
export function selectPage<Row>(state: Statements, source: PageSource, filter: PageFilter): Promise<Row[]> {
  const { sql, values } = pageQuery(source, filter);
  return state.all<Row>(sql, ...values);
}

/** As {@link selectPage}, each row a list of its columns. */
export function selectPageLists<Row extends readonly SqlValue[]>(
  state: Statements,
  source: PageSource,
  filter: PageFilter,
): Promise<Row[]> {
  const { sql, values } = pageQuery(source, filter);
  return state.lists<Row>(sql, ...values);
}

function pageQuery(source: PageSource, filter: PageFilter): { sql: string; values: SqlValue[] } {
  const column = SORT_COLUMNS[filter.sortBy ?? 'createdAt'];
  const ascending = filter.sortOrder === 'ascending';
  const order = ascending ? 'ASC' : 'DESC';
  const conditions = conditionsOf(source, filter);
  if (filter.after) {
    const { value, name } = filter.after;
    conditions.push([`(${column}, name) ${ascending ? '>' : '<'} (?, ?)`, value, name]);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`;
  const sql = `SELECT ${source.columns} FROM ${source.table} ${where} ORDER BY ${column} ${order}, name ${order} LIMIT ?`;
  return { sql, values: [...conditions.flatMap(([, ...each]) => each), filter.limit ?? 100] };
}

function conditionsOf({ type }: PageSource, filter: PageFilter): [string, ...SqlValue[]][] {
  const conditions: [string, SqlValue | undefined][] = [
    ['type = ?', type],
    ['status = ?', filter.status],
    ["lower(name) LIKE ? ESCAPE '\\'", containing(filter.nameContains)],
    ['created_at > ?', filter.createdAfter],
    ['created_at < ?', filter.createdBefore],
    ['modified_at > ?', filter.modifiedAfter],
    ['modified_at < ?', filter.modifiedBefore],
  ];
  return conditions.filter((condition): condition is [string, SqlValue] => condition[1] !== undefined);
}

function containing(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `%${escapeLike(text)}%`;
}
