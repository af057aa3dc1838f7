import type { Database } from './database.ts';
import { isEnded, type JobSummary } from './jobs.ts';
import { jobEvent } from './jobs-rows.ts';
import { recordEvents } from './record-events.ts';
import { deleteTags } from './tags.ts';

/**
 * Removes a job that has ended, and its tags.
 *
 * @returns Whether it was there and had ended.
 */
export async function deleteJob(state: Database, record: JobSummary, at: number): Promise<boolean> {
  if (!isEnded(record.status)) return false;
  return state.transaction(async (transaction) => {
    const sql = 'DELETE FROM jobs WHERE type = ? AND name = ? AND status = ?';
    const deleted = await transaction.run(sql, record.type, record.name, record.status);
    if (deleted !== 1) return false;
    await deleteTags(transaction, record.arn);
    const event = { ...jobEvent(record, 'Job deleted'), time: at, type: 'Deleted' };
    await recordEvents(transaction, [event]);
    return true;
  });
}
