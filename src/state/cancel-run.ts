import { runNotFound } from './claim-run.ts';
import type { Database, Statements } from './database.ts';
import { OWNER } from './lease.ts';
import { recordEvents } from './record-events.ts';
import { readRoster } from './roster.ts';
import type { RunFailure } from './runs.ts';
import { jsonColumn } from './runs-rows.ts';
import { expelWorker } from './workers-save.ts';

/** The type of the event. */
export const REQUESTED = 'CancelRequested';

/** What a request to cancel a run has come to: its process is asked, none was left, or it has ended before. */
export type CancelRequest = 'asked' | 'aborted' | 'ended';

/**
 * Asks the worker that carries a run out to cancel it. A run whose worker is away or gone ends as Aborted at once.
 *
 * @param time milliseconds since 1970
 * @throws SluiceError `RunNotFound`
 */
export async function requestRunCancel(state: Database, id: string, time: number): Promise<CancelRequest> {
  return state.transaction(async (transaction) => {
    const row = await transaction.get<{ phase: string; owner: string | null }>(
      `SELECT phase, ${OWNER} AS owner FROM runs WHERE id = ?`,
      id,
    );
    if (!row) throw runNotFound(id);
    if (row.phase !== 'Running') return 'ended';
    const holder = row.owner === null ? undefined : { worker: row.owner };
    const roster = await readRoster(transaction);
    const held = holder !== undefined && roster.isHeld(holder);
    if (held || (holder && !(await expelWorker(transaction, roster.worker(holder))))) {
      await recordEvents(transaction, [{ kind: 'run', subject: id, type: REQUESTED, time }]);
      return 'asked';
    }
    await abort(transaction, id, time);
    return 'aborted';
  });
}

/** Whether somebody has asked to cancel the run since it began, or was last resumed. */
export async function isRunCancelRequested(state: Statements, id: string): Promise<boolean> {
  const sql = "SELECT type FROM events WHERE subject = ? AND kind <> 'node' ORDER BY id DESC LIMIT 1";
  return (await state.get<{ type: string }>(sql, id))?.type === REQUESTED;
}

async function abort(transaction: Statements, id: string, time: number): Promise<void> {
  const error: RunFailure = {
    code: 'RunStopped',
    message: 'The run was cancelled after it had lost its process.',
    hint: `Carry it on with: sluice runs resume ${id}`,
    fault: 'user',
  };
  await transaction.run(
    `UPDATE runs SET phase = 'Aborted', error = ?, owner = '', owner_pid = NULL, owner_start = NULL, fence = fence + 1,
      updated_at = ?, ended_at = ?
      WHERE id = ?`,
    jsonColumn(error),
    time,
    time,
    id,
  );
  await transaction.run(
    "UPDATE nodes SET phase = 'Aborted', ended_at = ? WHERE run = ? AND phase IN ('Running', 'RetryableFailure')",
    time,
    id,
  );
  await recordEvents(transaction, [{ kind: 'run', subject: id, type: 'Aborted', time }]);
}
