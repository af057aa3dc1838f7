import { runNotFound } from './claim-run.ts';
import type { Statements } from './database.ts';
import type { NodeRecord, RunRecord } from './runs.ts';
import { NODE_COLUMNS, type NodeList, nodeRecord, RUN_COLUMNS, type RunRow, runRecord } from './runs-rows.ts';

/** One run. @throws SluiceError `RunNotFound` */
export async function getRun(state: Statements, id: string): Promise<RunRecord> {
  const row = await state.get<RunRow>(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`, id);
  if (!row) throw runNotFound(id);
  return runRecord(row);
}

/** The graph of a run as JSON text. @throws SluiceError `RunNotFound` */
export async function getRunGraph(state: Statements, id: string): Promise<string> {
  const sql = 'SELECT graphs.graph FROM runs JOIN graphs ON graphs.hash = runs.graph_hash WHERE runs.id = ?';
  const row = await state.get<{ graph: string }>(sql, id);
  if (!row) throw runNotFound(id);
  return row.graph;
}

/** The nodes of a run that have left NotYetStarted, by position. */
export async function listNodes(state: Statements, run: string): Promise<NodeRecord[]> {
  const sql = `SELECT ${NODE_COLUMNS} FROM nodes WHERE run = ? ORDER BY node`;
  return (await state.lists<NodeList>(sql, run)).map(nodeRecord);
}
