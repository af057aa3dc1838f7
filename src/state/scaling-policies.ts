import type { Statements } from './database.ts';
import type { ScalingPolicyRecord } from './scaling.ts';

interface PolicyRow {
  readonly resource: string;
  readonly name: string;
  readonly arn: string;
  readonly created_at: number;
  readonly request: string;
}

const COLUMNS = 'resource, name, arn, created_at, request';

/** Keeps a policy: a new one, or in place of the one of its name, whose ARN and time stay. Resolves with its ARN. */
export async function putScalingPolicy(state: Statements, policy: ScalingPolicyRecord): Promise<string> {
  const sql = `INSERT INTO scaling_policies (${COLUMNS}) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (resource, name) DO UPDATE SET request = excluded.request RETURNING arn`;
  const { resource, name, arn, createdAt, request } = policy;
  const kept = await state.get<{ arn: string }>(sql, resource, name, arn, createdAt, JSON.stringify(request));
  return kept?.arn ?? arn;
}

/** The policies of one resource, or all. By resource and name. */
export async function listScalingPolicies(
  state: Statements,
  resource?: string,
): Promise<ScalingPolicyRecord[]> {
  const where = resource === undefined ? '' : 'WHERE resource = ?';
  const sql = `SELECT ${COLUMNS} FROM scaling_policies ${where} ORDER BY resource, name`;
  const rows = await state.all<PolicyRow>(sql, ...(resource === undefined ? [] : [resource]));
  return rows.map(({ created_at: createdAt, request, ...row }) => ({
    ...row,
    createdAt,
    request: JSON.parse(request) as ScalingPolicyRecord['request'],
  }));
}

/** Removes a policy. Resolves with false where there was none. */
export async function deleteScalingPolicy(
  state: Statements,
  resource: string,
  name: string,
): Promise<boolean> {
  const sql = 'DELETE FROM scaling_policies WHERE resource = ? AND name = ?';
  return (await state.run(sql, resource, name)) === 1;
}
