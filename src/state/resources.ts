import type { SqlValue, Statements } from './database.ts';
import { escapeLike } from './escape-like.ts';

/** What is kept of a resource that has a name and does nothing by itself. */
export type ResourceKind = 'model' | 'endpoint-config';

/** A resource as it is kept. `Request` is SageMaker's own Create request. */
export interface ResourceRecord<Request = unknown> {
  readonly name: string;
  readonly arn: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly request: Request;
}

/** Which resources to list and in which order. Times: milliseconds since 1970. */
export interface ResourceFilter {
  readonly nameContains?: string | undefined;
  readonly createdAfter?: number | undefined;
  readonly createdBefore?: number | undefined;
  /** @default 'createdAt' */
  readonly sortBy?: 'name' | 'createdAt' | undefined;
  /** @default 'descending' */
  readonly sortOrder?: 'ascending' | 'descending' | undefined;
  /** Begins after the resource with this name and this value of `sortBy`, in the order asked for. */
  readonly after?: { readonly value: string | number; readonly name: string } | undefined;
  /** @default 100 */
  readonly limit?: number | undefined;
}

const TABLES = { model: 'models', 'endpoint-config': 'endpoint_configs' } as const;
const COLUMNS = 'name, arn, created_at, request';
const SORT_COLUMNS = { name: 'name', createdAt: 'created_at' } as const;

interface ResourceRow {
  readonly name: string;
  readonly arn: string;
  readonly created_at: number;
  readonly request: string;
}

/** Keeps a resource. Resolves with false when one of this kind and name exists: that one stays. */
export async function createResource(
  state: Statements,
  kind: ResourceKind,
  { name, arn, createdAt, request }: ResourceRecord,
): Promise<boolean> {
  const sql = `INSERT INTO ${TABLES[kind]} (${COLUMNS}) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`;
  return (await state.run(sql, name, arn, createdAt, JSON.stringify(request))) === 1;
}

/** The resource of this kind and name. */
export async function getResource<Request>(
  state: Statements,
  kind: ResourceKind,
  name: string,
): Promise<ResourceRecord<Request> | undefined> {
  const row = await state.get<ResourceRow>(`SELECT ${COLUMNS} FROM ${TABLES[kind]} WHERE name = ?`, name);
  return row && resourceRecord(row);
}

/** Removes a resource. Resolves with false when there was none. */
export async function deleteResource(state: Statements, kind: ResourceKind, name: string): Promise<boolean> {
  return (await state.run(`DELETE FROM ${TABLES[kind]} WHERE name = ?`, name)) === 1;
}

/** One page of the resources of a kind. */
export async function listResources<Request>(
  state: Statements,
  kind: ResourceKind,
  filter: ResourceFilter = {},
): Promise<ResourceRecord<Request>[]> {
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
  const sql = `SELECT ${COLUMNS} FROM ${TABLES[kind]} ${where} ORDER BY ${column} ${order}, name ${order} LIMIT ?`;
  const values = conditions.flatMap(([, ...each]) => each);
  const rows = await state.all<ResourceRow>(sql, ...values, filter.limit ?? 100);
  return rows.map((row) => resourceRecord<Request>(row));
}

function filterConditions(filter: ResourceFilter): [string, ...SqlValue[]][] {
  const conditions: [string, SqlValue | undefined][] = [
    ["name LIKE ? ESCAPE '\\'", filter.nameContains && `%${escapeLike(filter.nameContains)}%`],
    ['created_at > ?', filter.createdAfter],
    ['created_at < ?', filter.createdBefore],
  ];
  return conditions.filter((condition): condition is [string, SqlValue] => condition[1] !== undefined);
}

function resourceRecord<Request>(row: ResourceRow): ResourceRecord<Request> {
  return {
    name: row.name,
    arn: row.arn,
    createdAt: row.created_at,
    request: JSON.parse(row.request) as Request,
  };
}
