import type { Database } from './database.ts';
import type { JobRecord } from './jobs.ts';
import { jobEvent } from './jobs-rows.ts';
import { recordEvents } from './record-events.ts';

/**
 * Keeps a changed request of a job that is under way, with its event.
 *
 * @returns Whether the job was still under way.
 */
export async function updateJobRequest(
  state: Database,
  record: JobRecord,
  message: string,
): Promise<boolean> {
  return state.transaction(async (transaction) => {
    const sql =
      "UPDATE jobs SET request = ?, modified_at = ? WHERE type = ? AND name = ? AND status IN ('InProgress', 'Stopping')";
    const request = JSON.stringify(record.request);
    const updated = await transaction.run(sql, request, record.modifiedAt, record.type, record.name);
    if (updated === 1) await recordEvents(transaction, [jobEvent(record, message)]);
    return updated === 1;
  });
}
