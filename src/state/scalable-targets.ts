import type { Database, Statements } from './database.ts';
import type { ScalableTargetRecord, ScalableTargetSettings } from './scaling.ts';

interface TargetRow {
  readonly resource: string;
  readonly arn: string;
  readonly created_at: number;
  readonly settings: string;
}

const COLUMNS = 'resource, arn, created_at, settings';

/** Keeps a target as it is now: a new one, or another state of one that there is, which keeps its ARN and time. */
export async function putScalableTarget(state: Statements, target: ScalableTargetRecord): Promise<void> {
  const sql = `INSERT INTO scalable_targets (${COLUMNS}) VALUES (?, ?, ?, ?)
    ON CONFLICT (resource) DO UPDATE SET settings = excluded.settings`;
  const { resource, arn, createdAt, settings } = target;
  await state.run(sql, resource, arn, createdAt, JSON.stringify(settings));
}

/** The target of this resource. */
export async function getScalableTarget(
  state: Statements,
  resource: string,
): Promise<ScalableTargetRecord | undefined> {
  const row = await state.get<TargetRow>(
    `SELECT ${COLUMNS} FROM scalable_targets WHERE resource = ?`,
    resource,
  );
  return row && targetRecord(row);
}

/** Every target, by resource. There are few: one at most for each variant. */
export async function listScalableTargets(state: Statements): Promise<ScalableTargetRecord[]> {
  const rows = await state.all<TargetRow>(`SELECT ${COLUMNS} FROM scalable_targets ORDER BY resource`);
  return rows.map(targetRecord);
}

/** Removes a target with its policies. Resolves with false where there was none. */
export async function deleteScalableTarget(state: Database, resource: string): Promise<boolean> {
  return state.transaction(async (transaction) => {
    await transaction.run('DELETE FROM scaling_policies WHERE resource = ?', resource);
    return (await transaction.run('DELETE FROM scalable_targets WHERE resource = ?', resource)) === 1;
  });
}

/** The targets of an endpoint's variants. */
export async function listEndpointTargets(
  state: Statements,
  endpoint: string,
): Promise<ScalableTargetRecord[]> {
  return (await listScalableTargets(state)).filter(({ resource }) =>
    resource.startsWith(`endpoint/${endpoint}/variant/`),
  );
}

function targetRecord({ created_at: createdAt, settings, ...row }: TargetRow): ScalableTargetRecord {
  return { ...row, createdAt, settings: JSON.parse(settings) as ScalableTargetSettings };
}
