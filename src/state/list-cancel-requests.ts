import { REQUESTED } from './cancel-run.ts';
import type { Statements } from './database.ts';

/** The runs that somebody has asked to cancel, in events after one, and the last event that was looked at. */
export async function listCancelRequests(
  state: Statements,
  after: number,
): Promise<{ readonly runs: string[]; readonly last: number }> {
  const last = await state.get<{ id: number | null }>('SELECT max(id) AS id FROM events');
  const rows = await state.all<{ subject: string }>(
    "SELECT DISTINCT subject FROM events WHERE id > ? AND kind = 'run' AND type = ?",
    after,
    REQUESTED,
  );
  return { runs: rows.map(({ subject }) => subject), last: last?.id ?? 0 };
}
