import type { Statements } from './database.ts';
import type { NodeRecord } from './runs.ts';
import type { NodeList } from './runs-rows.ts';
import { NODE_COLUMNS, nodeRecord } from './runs-rows.ts';

/** The plan of a run as JSON text; undefined where none was made. */
export async function getRunPlan(state: Statements, run: string): Promise<string | undefined> {
  const row = await state.get<{ plan: string }>('SELECT plan FROM run_plans WHERE run = ?', run);
  return row?.plan;
}

/** An earlier run of a workflow, to learn from. */
export interface PastRun {
  readonly id: string;
  readonly graphHash: string;
  /** As JSON text. */
  readonly plan?: string;
  /** Those of its nodes that have succeeded. */
  readonly nodes: readonly NodeRecord[];
}

/** More nodes of one run teach little more than these. */
const MOST_NODES = 2000;

/** The last runs of a workflow that something came of, newest first. */
export async function listPastRuns(state: Statements, workflow: string, limit: number): Promise<PastRun[]> {
  const rows = await state.all<{ id: string; graph_hash: string; plan: string | null }>(
    `SELECT runs.id, runs.graph_hash, run_plans.plan FROM runs LEFT JOIN run_plans ON run_plans.run = runs.id
    WHERE runs.workflow = ? ORDER BY runs.created_at DESC, runs.id DESC LIMIT ?`,
    workflow,
    limit,
  );
  const past: PastRun[] = [];
  for (const { id, graph_hash: graphHash, plan } of rows) {
    const sql = `SELECT ${NODE_COLUMNS} FROM nodes WHERE run = ? AND phase = 'Succeeded' ORDER BY node LIMIT ${MOST_NODES}`;
    const nodes = (await state.lists<NodeList>(sql, id)).map(nodeRecord);
    if (nodes.length > 0) past.push({ id, graphHash, nodes, ...(plan !== null && { plan }) });
  }
  return past;
}
