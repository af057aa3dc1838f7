import { SluiceError } from '../core/errors.ts';
import type { Database, SqlValue, Statements } from './database.ts';

/** A workflow that was registered. It never changes. */
export interface WorkflowVersion {
  readonly name: string;
  readonly version: string;
  readonly graphHash: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** A version to keep. */
export interface NewWorkflowVersion extends WorkflowVersion {
  /** The graph as JSON text. */
  readonly graph: string;
}

/** Which versions to read. */
export interface WorkflowVersionFilter {
  readonly name?: string | undefined;
  /** Begins after this one, in the order of the list. */
  readonly after?: Pick<WorkflowVersion, 'name' | 'version' | 'createdAt'> | undefined;
  /** @default 100 */
  readonly limit?: number | undefined;
}

interface Row {
  readonly name: string;
  readonly version: string;
  readonly graph_hash: string;
  readonly created_at: number;
}

const COLUMNS = 'name, version, graph_hash, created_at';

/**
 * Keeps a version of a workflow, unless the very same is there.
 *
 * @returns whether it is new
 * @throws SluiceError `WorkflowVersionTaken` where the version is another graph
 */
export async function putWorkflowVersion(state: Database, added: NewWorkflowVersion): Promise<boolean> {
  const { name, version, graphHash, graph, createdAt } = added;
  return state.transaction(async (transaction) => {
    await transaction.run(
      'INSERT INTO graphs (hash, graph) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
      graphHash,
      graph,
    );
    const changed = await transaction.run(
      `INSERT INTO workflow_versions (${COLUMNS}) VALUES (?, ?, ?, ?) ON CONFLICT (name, version) DO NOTHING`,
      name,
      version,
      graphHash,
      createdAt,
    );
    if (changed === 1) return true;
    const kept = await findVersion(transaction, name, version);
    if (kept?.graphHash === graphHash) return false;
    throw new SluiceError(
      'WorkflowVersionTaken',
      `Version '${version}' of the workflow '${name}' is registered already, with another graph.`,
      { hint: 'A version never changes: register the workflow under a new one.' },
    );
  });
}

/** A version, or the newest one. @throws SluiceError `WorkflowNotFound` */
export async function getWorkflowVersion(
  state: Statements,
  name: string,
  version?: string,
): Promise<WorkflowVersion & { readonly graph: string }> {
  const found = await findVersion(state, name, version);
  const row =
    found && (await state.get<{ graph: string }>('SELECT graph FROM graphs WHERE hash = ?', found.graphHash));
  if (found && row) return { ...found, graph: row.graph };
  throw new SluiceError(
    'WorkflowNotFound',
    `No ${version === undefined ? 'version' : `version '${version}'`} of a workflow '${name}' is registered.`,
    { hint: `Register it: sluice workflows register FILE --as ${version ?? '1'}` },
  );
}

/** Versions of workflows, the newest first. */
export async function listWorkflowVersions(
  state: Statements,
  { name, after, limit = 100 }: WorkflowVersionFilter = {},
): Promise<WorkflowVersion[]> {
  const conditions: [string, ...SqlValue[]][] = [];
  if (name !== undefined) conditions.push(['name = ?', name]);
  if (after) {
    conditions.push(['(created_at, name, version) < (?, ?, ?)', after.createdAt, after.name, after.version]);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`;
  const rows = await state.all<Row>(
    `SELECT ${COLUMNS} FROM workflow_versions ${where} ORDER BY created_at DESC, name DESC, version DESC LIMIT ?`,
    ...conditions.flatMap(([, ...values]) => values),
    limit,
  );
  return rows.map(record);
}

async function findVersion(
  state: Statements,
  name: string,
  version: string | undefined,
): Promise<WorkflowVersion | undefined> {
  if (version === undefined) return (await listWorkflowVersions(state, { name, limit: 1 }))[0];
  const sql = `SELECT ${COLUMNS} FROM workflow_versions WHERE name = ? AND version = ?`;
  const row = await state.get<Row>(sql, name, version);
  return row && record(row);
}

function record({ name, version, graph_hash, created_at }: Row): WorkflowVersion {
  return { name, version, graphHash: graph_hash, createdAt: created_at };
}
