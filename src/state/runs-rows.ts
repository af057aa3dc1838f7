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

/** A row of `nodes`. */
export interface NodeRow {
  readonly node: number;
  readonly phase: NodeRecord['phase'];
  readonly attempt: number;
  readonly system_failures: number;
  readonly job: string | null;
  readonly outputs: string | null;
  readonly error: string | null;
  readonly detail: string | null;
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

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

export function nodeRecord(row: NodeRow): NodeRecord {
  return {
    position: row.node,
    phase: row.phase,
    attempt: row.attempt,
    systemFailures: row.system_failures,
    ...(row.job !== null && { job: JSON.parse(row.job) as NonNullable<NodeRecord['job']> }),
    ...(row.outputs !== null && { outputs: JSON.parse(row.outputs) as NonNullable<NodeRecord['outputs']> }),
    ...(row.error !== null && { error: JSON.parse(row.error) as NonNullable<NodeRecord['error']> }),
    ...(row.detail !== null && { detail: JSON.parse(row.detail) as NonNullable<NodeRecord['detail']> }),
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
  };
}

/** A value for a JSON column. */
export function jsonColumn(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
