import type { Statements } from './database.ts';
import type { JobType } from './jobs.ts';

/** A job that a run has started. */
export interface RunJob {
  readonly run: string;
  readonly type: JobType;
  readonly name: string;
}

/** The jobs of every run, or of one: those of earlier attempts too. A run's jobs have the key `<run>/<node>/<attempt>`. */
export async function listRunJobs(state: Statements, run?: string): Promise<RunJob[]> {
  // '0' follows '/'.
  const [from, to] = run === undefined ? ['', '\uffff'] : [`${run}/`, `${run}0`];
  const rows = await state.all<{ type: string; name: string; key: string }>(
    `SELECT type, name, idempotency_key AS key FROM jobs
      WHERE idempotency_key >= ? AND idempotency_key < ? AND idempotency_key LIKE '%/%'`,
    from,
    to,
  );
  return rows.map(({ type, name, key }) => ({
    run: key.slice(0, key.indexOf('/')),
    type: type as JobType,
    name,
  }));
}
