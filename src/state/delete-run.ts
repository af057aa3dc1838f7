import { runNotFound } from './claim-run.ts';
import type { Database } from './database.ts';
import { OWNER } from './lease.ts';
import { type Roster, readRoster } from './roster.ts';
import type { RunRecord } from './runs.ts';
import { expelWorker } from './workers-save.ts';

/** Whether a worker carries the run out. */
export function isRunActive(roster: Roster, { phase, lease }: Pick<RunRecord, 'phase' | 'lease'>): boolean {
  return phase === 'Running' && lease !== undefined && roster.isHeld(lease);
}

/**
 * Removes a run that no worker carries out, with its nodes and events, and its graph where no other run and no registered
 * workflow has it.
 * Its jobs stay.
 *
 * @returns false while a worker carries it out
 * @throws SluiceError `RunNotFound`
 */
export async function deleteRun(state: Database, id: string): Promise<boolean> {
  return state.transaction(async (transaction) => {
    const row = await transaction.get<{ owner: string | null; graph_hash: string }>(
      `SELECT ${OWNER} AS owner, graph_hash FROM runs WHERE id = ?`,
      id,
    );
    if (!row) throw runNotFound(id);
    const { owner, graph_hash: hash } = row;
    const holder = owner === null ? undefined : { worker: owner };
    const roster = await readRoster(transaction);
    if (holder && roster.isHeld(holder)) return false;
    if (holder && !(await expelWorker(transaction, roster.worker(holder)))) return false;
    // From the run's own first event on: see the migration.
    await transaction.run(
      `DELETE FROM events WHERE subject = ? AND kind IN ('run', 'node')
        AND id >= (SELECT min(id) FROM events AS own WHERE own.subject = ? AND own.kind <> 'node')`,
      id,
      id,
    );
    await transaction.run('DELETE FROM nodes WHERE run = ?', id);
    await transaction.run('DELETE FROM run_keys WHERE run = ?', id);
    await transaction.run('DELETE FROM run_plans WHERE run = ?', id);
    await transaction.run('DELETE FROM runs WHERE id = ?', id);
    await transaction.run(
      `DELETE FROM graphs WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM runs WHERE graph_hash = ?)
        AND NOT EXISTS (SELECT 1 FROM workflow_versions WHERE graph_hash = ?)`,
      hash,
      hash,
      hash,
    );
    return true;
  });
}
