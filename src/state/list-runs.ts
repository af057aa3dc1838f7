import type { SqlValue, Statements } from './database.ts';
import type { RunPhase, RunRecord } from './runs.ts';
import { RUN_COLUMNS, type RunRow, runRecord } from './runs-rows.ts';

/** Which runs to read. Times are milliseconds since 1970. */
export interface RunFilter {
  readonly workflow?: string | undefined;
  readonly phase?: RunPhase | undefined;
  readonly createdBefore?: number | undefined;
  /** Then or later. */
  readonly createdAfter?: number | undefined;
  /** Begins after this run, in the order of the list. */
  readonly after?: Pick<RunRecord, 'id' | 'createdAt'> | undefined;
  /** @default 100 */
  readonly limit?: number | undefined;
}

/** Runs, newest first. */
export async function listRuns(state: Statements, filter: RunFilter = {}): Promise<RunRecord[]> {
  const { workflow, phase, createdBefore, createdAfter, after } = filter;
  const conditions: [string, ...SqlValue[]][] = [];
  if (workflow !== undefined) conditions.push(['workflow = ?', workflow]);
  if (phase !== undefined) conditions.push(['phase = ?', phase]);
  if (createdBefore !== undefined) conditions.push(['created_at < ?', createdBefore]);
  if (createdAfter !== undefined) conditions.push(['created_at >= ?', createdAfter]);
  if (after) conditions.push(['(created_at, id) < (?, ?)', after.createdAt, after.id]);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`;
  const rows = await state.all<RunRow>(
    `SELECT ${RUN_COLUMNS} FROM runs ${where} ORDER BY created_at DESC, id DESC LIMIT ?`,
    ...conditions.flatMap(([, ...values]) => values),
    filter.limit ?? 100,
  );
  return rows.map(runRecord);
}
