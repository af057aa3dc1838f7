import type { SqlValue, Statements } from './database.ts';
import type { EndpointProgress, EndpointRecord, EndpointStatus } from './endpoints.ts';
import { escapeLike } from './escape-like.ts';

/** Which endpoints to list and in which order, as ListEndpoints has it. Times: milliseconds since 1970. */
export interface EndpointFilter {
  readonly nameContains?: string | undefined;
  readonly status?: EndpointStatus | undefined;
  readonly createdAfter?: number | undefined;
  readonly createdBefore?: number | undefined;
  readonly modifiedAfter?: number | undefined;
  readonly modifiedBefore?: number | undefined;
  /** @default 'createdAt' */
  readonly sortBy?: 'name' | 'createdAt' | 'status' | undefined;
  /** @default 'descending' */
  readonly sortOrder?: 'ascending' | 'descending' | undefined;
  /** Begins after the endpoint with this name and this value of `sortBy`, in the order asked for. */
  readonly after?: { readonly value: string | number; readonly name: string } | undefined;
  /** @default 100 */
  readonly limit?: number | undefined;
}

interface EndpointRow {
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly created_at: number;
  readonly modified_at: number;
  readonly request: string;
  readonly progress: string;
}

const COLUMNS = 'name, arn, status, created_at, modified_at, request, progress';
const SORT_COLUMNS = { name: 'name', createdAt: 'created_at', status: 'status' } as const;

/** The endpoint of this name. */
export async function getEndpoint(state: Statements, name: string): Promise<EndpointRecord | undefined> {
  const row = await state.get<EndpointRow>(`SELECT ${COLUMNS} FROM endpoints WHERE name = ?`, name);
  return row && endpointRecord(row);
}

/** One page of endpoints. */
export async function listEndpoints(
  state: Statements,
  filter: EndpointFilter = {},
): Promise<EndpointRecord[]> {
  const column = SORT_COLUMNS[filter.sortBy ?? 'createdAt'];
  const ascending = filter.sortOrder === 'ascending';
  const order = ascending ? 'ASC' : 'DESC';
  const conditions = filterConditions(filter);
  if (filter.after) {
    conditions.push([
      `(${column}, name) ${ascending ? '>' : '<'} (?, ?)`,
      filter.after.value,
      filter.after.name,
    ]);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`;
  const sql = `SELECT ${COLUMNS} FROM endpoints ${where} ORDER BY ${column} ${order}, name ${order} LIMIT ?`;
  const values = conditions.flatMap(([, ...each]) => each);
  return (await state.all<EndpointRow>(sql, ...values, filter.limit ?? 100)).map(endpointRecord);
}

function filterConditions(filter: EndpointFilter): [string, ...SqlValue[]][] {
  const conditions: [string, SqlValue | undefined][] = [
    ['status = ?', filter.status],
    ["name LIKE ? ESCAPE '\\'", filter.nameContains && `%${escapeLike(filter.nameContains)}%`],
    ['created_at > ?', filter.createdAfter],
    ['created_at < ?', filter.createdBefore],
    ['modified_at > ?', filter.modifiedAfter],
    ['modified_at < ?', filter.modifiedBefore],
  ];
  return conditions.filter((condition): condition is [string, SqlValue] => condition[1] !== undefined);
}

function endpointRecord(row: EndpointRow): EndpointRecord {
  return {
    name: row.name,
    arn: row.arn,
    status: row.status as EndpointStatus,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    request: JSON.parse(row.request) as EndpointRecord['request'],
    progress: JSON.parse(row.progress) as EndpointProgress,
  };
}
