import type { Statements } from './database.ts';
import type { RunPhase, RunRecord } from './runs.ts';
import { RUN_COLUMNS, type RunRow, runRecord } from './runs-rows.ts';

/** Which runs to read. */
export interface RunFilter {
  readonly workflow?: string;
  readonly phase?: RunPhase;
  /** Only runs created before, milliseconds since 1970. */
  readonly createdBefore?: number;
  /** @default 100 */
  readonly limit?: number;
}

/** Runs, newest first. */
export async function listRuns(state: Statements, filter: RunFilter = {}): Promise<RunRecord[]> {
  const conditions = Object.entries({
    'workflow = ?': filter.workflow,
    'phase = ?': filter.phase,
    'created_at < ?': filter.createdBefore,
  }).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`;
  const rows = await state.all<RunRow>(
    `SELECT ${RUN_COLUMNS} FROM runs ${where} ORDER BY created_at DESC, id DESC LIMIT ?`,
    ...conditions.map(([, value]) => value),
    filter.limit ?? 100,
  );
  return rows.map(runRecord);
}
