import type { Database } from './database.ts';
import type { JobRecord } from './jobs.ts';
import { changingValues, jobEvent, SET_CHANGING } from './jobs-rows.ts';
import { recordEvents } from './record-events.ts';

const UPDATE = `UPDATE jobs ${SET_CHANGING} WHERE type = ? AND name = ?`;
const END_ORPHAN = `${UPDATE} AND status IN ('InProgress', 'Stopping') AND owner_pid = ? AND owner_start = ?`;

/** Keeps what has changed of a job; with a message, also its event. */
export async function updateJob(state: Database, record: JobRecord, message?: string): Promise<void> {
  await state.transaction(async (transaction) => {
    await transaction.run(UPDATE, ...changingValues(record), record.type, record.name);
    if (message !== undefined) await recordEvents(transaction, [jobEvent(record, message)]);
  });
}

/**
 * Ends a job whose owner is gone, unless someone else was quicker.
 *
 * @returns Whether it was this call that ended it.
 */
export async function endOrphan(state: Database, record: JobRecord, message: string): Promise<boolean> {
  return state.transaction(async (transaction) => {
    const { pid, startTime } = record.owner;
    const changed = await transaction.run(
      END_ORPHAN,
      ...changingValues(record),
      record.type,
      record.name,
      pid,
      startTime,
    );
    if (changed === 1) await recordEvents(transaction, [jobEvent(record, message)]);
    return changed === 1;
  });
}
