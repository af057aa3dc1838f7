import type { Statements } from './database.ts';
import { readRoster, type Standing } from './roster.ts';
import type { WorkerRecord } from './workers.ts';

/** A worker, and what it holds. */
export interface WorkerSummary extends WorkerRecord {
  readonly standing: Standing;
  /** How long its lease lasts from now, milliseconds; negative: how long it has been over. */
  readonly leftMs: number;
  /** Jobs under way. */
  readonly jobs: number;
  /** Runs under way. */
  readonly runs: number;
  readonly endpoints: number;
}

/** What counts as held, by table. */
const HELD = {
  jobs: "SELECT owner, COUNT(*) AS count FROM jobs WHERE status IN ('InProgress', 'Stopping') GROUP BY owner",
  runs: 'SELECT owner, COUNT(*) AS count FROM runs WHERE ended_at IS NULL GROUP BY owner',
  endpoints: "SELECT owner, COUNT(*) AS count FROM endpoints WHERE status <> 'Failed' GROUP BY owner",
} as const;

/** The workers that have not ended, by name. */
export async function listWorkers(state: Statements): Promise<WorkerSummary[]> {
  const held = {
    jobs: await countHeld(state, HELD.jobs),
    runs: await countHeld(state, HELD.runs),
    endpoints: await countHeld(state, HELD.endpoints),
  };
  const roster = await readRoster(state);
  const workers = [...roster.workers].map((worker): WorkerSummary => {
    const { id, until } = worker;
    const [jobs, runs, endpoints] = [held.jobs.get(id), held.runs.get(id), held.endpoints.get(id)];
    return {
      ...worker,
      standing: roster.standing({ worker: id }),
      leftMs: until - roster.now,
      jobs: jobs ?? 0,
      runs: runs ?? 0,
      endpoints: endpoints ?? 0,
    };
  });
  return workers.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function countHeld(state: Statements, sql: string): Promise<ReadonlyMap<string, number>> {
  const rows = await state.all<{ readonly owner: string; readonly count: number }>(sql);
  return new Map(rows.map(({ owner, count }) => [owner, count]));
}
