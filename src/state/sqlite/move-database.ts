import type { Database } from '../database.ts';

/**
 * Fits the database of a restored home to its place: nothing in it belongs to a process that runs now, not even where
 * the home that was backed up is still in use.
 */
export async function moveDatabase(state: Database): Promise<void> {
  await state.transaction(async (transaction) => {
    await transaction.run(
      `UPDATE jobs SET owner = '', fence = fence + 1, owner_pid = 0, owner_start = '', progress = json_set(progress, '$.processes', json('[]'))
        WHERE status IN ('InProgress', 'Stopping')`,
    );
    await transaction.run(
      "UPDATE runs SET owner = '', fence = fence + 1, owner_pid = 0, owner_start = '' WHERE phase = 'Running' AND owner_pid IS NOT NULL",
    );
    await transaction.run("UPDATE endpoints SET owner = '', fence = fence + 1");
    await transaction.run('DELETE FROM workers');
  });
}
