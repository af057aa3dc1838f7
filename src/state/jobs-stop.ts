import type { Database } from './database.ts';
import type { JobType } from './jobs.ts';

/** Asks whichever worker runs a job to stop it. */
export async function requestStop(state: Database, type: JobType, name: string): Promise<void> {
  const sql = "UPDATE jobs SET stop_requested = 1 WHERE type = ? AND name = ? AND status = 'InProgress'";
  await state.run(sql, type, name);
}

/** The jobs of a worker that someone has asked to stop. */
export async function listStopRequests(
  state: Database,
  worker: string,
): Promise<{ readonly type: JobType; readonly name: string }[]> {
  const sql = "SELECT type, name FROM jobs WHERE stop_requested = 1 AND status = 'InProgress' AND owner = ?";
  return state.all(sql, worker);
}
