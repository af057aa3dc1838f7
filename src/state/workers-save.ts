import type { Database, Statements } from './database.ts';
import type { Lease } from './lease.ts';
import { WORKER_COLUMNS, type WorkerRecord, type WorkerRow, workerRecord } from './workers.ts';

/** How long workers that have ended are known by name, milliseconds. */
const KEPT_MS = 24 * 3600 * 1000;

const INSERT = `INSERT INTO workers
    (id, name, host, machine, boot, namespace, pid, start_time, url, lease_ms, lease_until)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, now_ms() + ?) ON CONFLICT DO NOTHING`;
const RENEW =
  'UPDATE workers SET lease_until = now_ms() + lease_ms, url = ? WHERE id = ? AND ended_at IS NULL';
const SHORTEN = `UPDATE workers SET lease_until = now_ms() + lease_ms
  WHERE lease_until > now_ms() + lease_ms AND ended_at IS NULL`;

/** Keeps a new worker, with its first lease. Resolves with false where one that has not ended has its name. */
export async function insertWorker(state: Database, worker: Omit<WorkerRecord, 'until'>): Promise<boolean> {
  const { id, name, host, machine, boot, namespace, pid, startTime, url, leaseMs } = worker;
  return state.transaction(async (transaction) => {
    await transaction.run('DELETE FROM workers WHERE ended_at < now_ms() - ?', KEPT_MS);
    const values = [id, name, host, machine, boot, namespace, pid, startTime, url ?? null, leaseMs, leaseMs];
    return (await transaction.run(INSERT, ...values)) === 1;
  });
}

/**
 * Renews a worker's lease, and with it all that it holds. A lease that is longer than can be, because the database's
 * clock was set back, is cut: of whom it is renews it, or it runs out.
 *
 * @returns false where the lease was lost: everything is another worker's, or may be at any time
 */
export async function renewWorker(state: Database, id: string, url: string | undefined): Promise<boolean> {
  return state.transaction(async (transaction) => {
    const renewed = await transaction.run(RENEW, url ?? null, id);
    await shortenLeases(transaction);
    return renewed === 1;
  });
}

/** Cuts leases that are longer than can be: see {@link renewWorker}. */
export async function shortenLeases(state: Statements): Promise<void> {
  await state.run(SHORTEN);
}

/** Forgets a worker that ends in good order. What it holds still may be taken over at once. */
export async function deleteWorker(state: Statements, id: string): Promise<void> {
  await state.run('DELETE FROM workers WHERE id = ?', id);
}

/**
 * Ends a worker that was found overdue or gone, within the transaction that takes over what it held: it cannot renew any
 * more. The lock of its row keeps a late renewal and this apart.
 *
 * @param seen as it was found; undefined for one that had ended by then
 * @returns whether it has ended; false where it has renewed its lease meanwhile
 */
export async function expelWorker(transaction: Statements, seen: WorkerRecord | undefined): Promise<boolean> {
  if (!seen) return true;
  const changed = await transaction.run(
    'UPDATE workers SET ended_at = now_ms() WHERE id = ? AND lease_until = ? AND ended_at IS NULL',
    seen.id,
    seen.until,
  );
  if (changed === 1) return true;
  const sql = 'SELECT 1 AS there FROM workers WHERE id = ? AND ended_at IS NULL';
  return (await transaction.get(sql, seen.id)) === undefined;
}

/** As {@link expelWorker}, by itself: before anything is done to what it left. */
export function expelNow(state: Database, seen: WorkerRecord | undefined): Promise<boolean> {
  return seen ? state.transaction((transaction) => expelWorker(transaction, seen)) : Promise.resolve(true);
}

/** A worker, also one that has ended a short time ago. */
export async function findWorker(
  state: Statements,
  { worker }: Pick<Lease, 'worker'>,
): Promise<WorkerRecord | undefined> {
  const row = await state.get<WorkerRow>(`SELECT ${WORKER_COLUMNS} FROM workers WHERE id = ?`, worker);
  return row && workerRecord(row);
}
