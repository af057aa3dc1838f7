import type { Json } from '../graph/index.ts';
import type { Database, SqlValue, Statements } from './database.ts';
import { type Lease, leaseLost } from './lease.ts';
import { type NewEvent, recordEvents } from './record-events.ts';
import type { NodeRecord, RunFailure, RunPhase } from './runs.ts';
import { jsonColumn } from './runs-rows.ts';

/** A node's new state; its id is for the event. */
export interface NodeChange extends NodeRecord {
  readonly id: string;
  /** Its job was submitted: `job` is known from now on, and nothing else has changed. @default false */
  readonly submitted?: boolean;
}

/** The end of a run. */
export interface RunEnd {
  readonly phase: Exclude<RunPhase, 'Running'>;
  readonly outputs?: Readonly<Record<string, Json>> | undefined;
  readonly error?: RunFailure | undefined;
}

/** Changes of one run that belong together. */
export interface RunChanges {
  readonly run: string;
  /** By what the run is held. */
  readonly lease: Lease;
  readonly nodes: readonly NodeChange[];
  readonly end?: RunEnd | undefined;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/**
 * Keeps changes of a run, all or none, each with its event.
 *
 * @throws SluiceError `LeaseLost` where it is somebody else's by now: nothing is kept then
 */
export async function saveRun(state: Database, changes: RunChanges): Promise<void> {
  await state.transaction(async (transaction) => {
    await transaction.runMany(SAVE_NODE, nodeRows(changes));
    await recordEvents(transaction, events(changes));
    // Last: what goes before needs no answer of its own.
    if (changes.end) await saveEnd(transaction, changes, changes.end);
    else await checkHolder(transaction, changes);
  });
}

async function checkHolder(transaction: Statements, { run, lease }: RunChanges): Promise<void> {
  const sql = 'SELECT 1 AS held FROM runs WHERE id = ? AND fence = ? AND owner = ?';
  if (!(await transaction.get(sql, run, lease.fence, lease.worker))) throw leaseLost(`Run '${run}'`);
}

const SAVE_NODE = `INSERT INTO nodes
    (run, node, phase, attempt, system_failures, job, outputs, error, detail, started_at, ended_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (run, node) DO UPDATE SET phase = excluded.phase, attempt = excluded.attempt,
    system_failures = excluded.system_failures, job = excluded.job, outputs = excluded.outputs,
    error = excluded.error, detail = excluded.detail, started_at = excluded.started_at, ended_at = excluded.ended_at`;

function* nodeRows({ run, nodes }: RunChanges): Generator<SqlValue[]> {
  for (const node of nodes) {
    yield [
      run,
      node.position,
      node.phase,
      node.attempt,
      node.systemFailures,
      jsonColumn(node.job),
      jsonColumn(node.outputs),
      jsonColumn(node.error),
      jsonColumn(node.detail),
      node.startedAt ?? null,
      node.endedAt ?? null,
    ];
  }
}

async function saveEnd(
  transaction: Statements,
  { run, lease, time }: RunChanges,
  end: RunEnd,
): Promise<void> {
  const ended = await transaction.run(
    `UPDATE runs SET phase = ?, outputs = ?, error = ?, owner = '', owner_pid = NULL, owner_start = NULL, updated_at = ?,
      ended_at = ? WHERE id = ? AND owner = ? AND fence = ?`,
    end.phase,
    jsonColumn(end.outputs),
    jsonColumn(end.error),
    time,
    time,
    run,
    lease.worker,
    lease.fence,
  );
  if (ended !== 1) throw leaseLost(`Run '${run}'`);
}

function* events({ run, nodes, end, time }: RunChanges): Generator<NewEvent> {
  for (const { id, phase, attempt, job, error, submitted } of nodes) {
    const data = {
      node: id,
      attempt,
      ...(job && { job: job.jobName }),
      ...(error && { code: error.code, message: error.message }),
    };
    yield { kind: 'node', subject: run, type: submitted ? 'Submitted' : phase, time, data };
  }
  if (!end) return;
  const data = end.error && { code: end.error.code, message: end.error.message };
  yield { kind: 'run', subject: run, type: end.phase, time, ...(data && { data }) };
}
