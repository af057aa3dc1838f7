import type { Statements } from './database.ts';
import { type PageFilter, selectPage } from './select-page.ts';

/** What is kept of a resource that has a name and does nothing by itself. */
export type ResourceKind =
  | 'model'
  | 'endpoint-config'
  | 'experiment'
  | 'experiment-trial'
  | 'experiment-trial-component'
  | 'repository';

/** A resource as it is kept. `Request` is SageMaker's own Create request. */
export interface ResourceRecord<Request = unknown> {
  readonly name: string;
  readonly arn: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly request: Request;
}

const TABLES = {
  model: 'models',
  'endpoint-config': 'endpoint_configs',
  experiment: 'experiments',
  'experiment-trial': 'trials',
  'experiment-trial-component': 'trial_components',
  repository: 'repositories',
} as const satisfies Record<ResourceKind, string>;
const COLUMNS = 'name, arn, created_at, request';

interface ResourceRow {
  readonly name: string;
  readonly arn: string;
  readonly created_at: number;
  readonly request: string;
}

/**
 * Keeps a resource. Resolves with false when one of this kind and name exists, or one whose name differs in case alone
 * and which has the same ARN: that one stays.
 */
export async function createResource(
  state: Statements,
  kind: ResourceKind,
  { name, arn, createdAt, request }: ResourceRecord,
): Promise<boolean> {
  const table = TABLES[kind];
  const sql = `INSERT INTO ${table} (${COLUMNS}) SELECT ?, ?, ?, ?
    WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE arn = ?) ON CONFLICT DO NOTHING`;
  return (await state.run(sql, name, arn, createdAt, JSON.stringify(request), arn)) === 1;
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

/** One page of the resources of a kind. They have no status and are never modified, to pick or to sort by. */
export async function listResources<Request>(
  state: Statements,
  kind: ResourceKind,
  filter: PageFilter = {},
): Promise<ResourceRecord<Request>[]> {
  const source = { table: TABLES[kind], columns: COLUMNS };
  const rows = await selectPage<ResourceRow>(state, source, filter);
  return rows.map((row) => resourceRecord<Request>(row));
}

function resourceRecord<Request>(row: ResourceRow): ResourceRecord<Request> {
  return {
    name: row.name,
    arn: row.arn,
    createdAt: row.created_at,
    request: JSON.parse(row.request) as Request,
  };
}
