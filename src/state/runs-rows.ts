import { OWNER } from './lease.ts';
import type { NodeRecord, RunRecord } from './runs.ts';

/** A row of `runs`. */
export interface RunRow {
  readonly id: string;
  readonly workflow: string;
  readonly file: string | null;
  readonly phase: RunRecord['phase'];
  readonly graph_hash: string;
  readonly node_count: number;
  readonly inputs: string;
  readonly options: string;
  readonly outputs: string | null;
  readonly error: string | null;
  readonly owner: string | null;
  readonly fence: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly ended_at: number | null;
}

/** A row of {@link NODE_COLUMNS}. */
export type NodeList = readonly [
  node: number,
  phase: NodeRecord['phase'],
  attempt: number,
  systemFailures: number,
  job: string | null,
  outputs: string | null,
  error: string | null,
  detail: string | null,
  startedAt: number | null,
  endedAt: number | null,
];

/** What {@link nodeRecord} needs of a row. */
export const NODE_COLUMNS =
  'node, phase, attempt, system_failures, job, outputs, error, detail, started_at, ended_at';

/** What {@link runRecord} needs of a row. */
export const RUN_COLUMNS = `id, workflow, file, phase, graph_hash, node_count, inputs, options, outputs, error, ${OWNER} AS owner, fence, created_at, updated_at, ended_at`;

export function runRecord(row: RunRow): RunRecord {
  return {
    id: row.id,
    workflow: row.workflow,
    phase: row.phase,
    graphHash: row.graph_hash,
    nodeCount: row.node_count,
    inputs: JSON.parse(row.inputs) as RunRecord['inputs'],
    options: JSON.parse(row.options) as RunRecord['options'],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.file !== null && { file: row.file }),
    ...(row.outputs !== null && { outputs: JSON.parse(row.outputs) as NonNullable<RunRecord['outputs']> }),
    ...(row.error !== null && { error: JSON.parse(row.error) as NonNullable<RunRecord['error']> }),
    ...(row.owner !== null && { lease: { worker: row.owner, fence: row.fence } }),
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
  };
}

/** A run may have a million nodes: each record is made at once, without spreading. */
export function nodeRecord(row: NodeList): NodeRecord {
  const record: { -readonly [Key in keyof NodeRecord]: NodeRecord[Key] } = {
    position: row[0],
    phase: row[1],
    attempt: row[2],
    systemFailures: row[3],
  };
  if (row[4] !== null) record.job = JSON.parse(row[4]) as NonNullable<NodeRecord['job']>;
  if (row[5] !== null) record.outputs = JSON.parse(row[5]) as NonNullable<NodeRecord['outputs']>;
  if (row[6] !== null) record.error = JSON.parse(row[6]) as NonNullable<NodeRecord['error']>;
  if (row[7] !== null) record.detail = JSON.parse(row[7]) as NonNullable<NodeRecord['detail']>;
  if (row[8] !== null) record.startedAt = row[8];
  if (row[9] !== null) record.endedAt = row[9];
  return record;
}

/** A value for a JSON column. */
export function jsonColumn(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
