import { runNotFound } from './claim-run.ts';
import type { Database } from './database.ts';
import { isProcessAlive } from './process-identity.ts';
import type { RunRecord } from './runs.ts';

/** Whether a living process carries the run out. */
export function isRunActive({ phase, owner }: Pick<RunRecord, 'phase' | 'owner'>): boolean {
  return phase === 'Running' && owner !== undefined && isProcessAlive(owner);
}

/**
 * Removes a run that no living process carries out, with its nodes and events, and its graph where no other run and no registered
 * workflow has it.
 * Its jobs stay.
 *
 * @returns false while a process carries it out
 * @throws SluiceError `RunNotFound`
 */
export async function deleteRun(state: Database, id: string): Promise<boolean> {
  return state.transaction(async (transaction) => {
    const row = await transaction.get<{ owner_pid: number | null; owner_start: string; graph_hash: string }>(
      'SELECT owner_pid, owner_start, graph_hash FROM runs WHERE id = ?',
      id,
    );
    if (!row) throw runNotFound(id);
    const { owner_pid: pid, owner_start: startTime, graph_hash: hash } = row;
    if (pid !== null && isProcessAlive({ pid, startTime })) return false;
    // From the run's own first event on: see the migration.
    await transaction.run(
      `DELETE FROM events WHERE subject = ? AND kind IN ('run', 'node')
        AND id >= (SELECT min(id) FROM events AS own WHERE own.subject = ? AND own.kind <> 'node')`,
      id,
      id,
    );
    await transaction.run('DELETE FROM nodes WHERE run = ?', id);
    await transaction.run('DELETE FROM run_keys WHERE run = ?', id);
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
