import type { Database, Statements } from './database.ts';
import type { ScalingActivity, ScalingActivityRecord } from './scaling.ts';

/** AWS answers with the activities of six weeks, milliseconds. */
const KEPT_MS = 42 * 86_400_000;

interface ActivityRow {
  readonly id: number;
  readonly resource: string;
  readonly started_at: number;
  readonly activity: string;
}

/** Which activities to list, the newest first. */
export interface ActivityFilter {
  readonly resource?: string | undefined;
  /** Only older ones than the one of this id. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Keeps a new activity, and forgets those of more than six weeks ago. Resolves with its id. */
export async function createScalingActivity(
  state: Database,
  resource: string,
  startedAt: number,
  activity: ScalingActivity,
): Promise<number> {
  return state.transaction(async (transaction) => {
    await transaction.run('DELETE FROM scaling_activities WHERE started_at < ?', startedAt - KEPT_MS);
    const sql =
      'INSERT INTO scaling_activities (resource, started_at, activity) VALUES (?, ?, ?) RETURNING id';
    const row = await transaction.get<{ id: number }>(sql, resource, startedAt, JSON.stringify(activity));
    return (row as { id: number }).id;
  });
}

/** Keeps what has become of an activity. */
export async function updateScalingActivity(
  state: Statements,
  id: number,
  activity: ScalingActivity,
): Promise<void> {
  await state.run('UPDATE scaling_activities SET activity = ? WHERE id = ?', JSON.stringify(activity), id);
}

/** Activities, the newest first. */
export async function listScalingActivities(
  state: Statements,
  { resource, before = Number.MAX_SAFE_INTEGER, limit }: ActivityFilter,
): Promise<ScalingActivityRecord[]> {
  const where = resource === undefined ? '' : 'resource = ? AND ';
  const sql = `SELECT id, resource, started_at, activity FROM scaling_activities WHERE ${where}id < ? ORDER BY id DESC LIMIT ?`;
  const values = resource === undefined ? [before, limit] : [resource, before, limit];
  return (await state.all<ActivityRow>(sql, ...values)).map((row) => ({
    ...(JSON.parse(row.activity) as ScalingActivity),
    id: row.id,
    resource: row.resource,
    startedAt: row.started_at,
  }));
}
