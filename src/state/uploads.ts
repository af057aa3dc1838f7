import type { Database, Statements } from './database.ts';
import { thisMachine } from './machine.ts';

/** An upload, or a file under a temporary name, that a worker has begun. */
export interface UploadRecord {
  /** What its store knows it by: an upload's id, or a file's path. */
  readonly id: string;
  /** What it is to become: `s3://…` or `file://…`. */
  readonly uri: string;
  /** The worker's id. */
  readonly worker: string;
  /** The name of the worker's machine. */
  readonly host: string;
  /** Milliseconds since 1970. */
  readonly beganAt: number;
}

interface UploadRow extends Omit<UploadRecord, 'beganAt'> {
  readonly began_at: number;
}

/** Keeps that a worker of this machine has begun an upload. */
export async function noteUpload(
  state: Database,
  { id, uri }: Pick<UploadRecord, 'id' | 'uri'>,
  worker: string,
): Promise<void> {
  const sql =
    'INSERT INTO uploads (id, uri, worker, host, began_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING';
  await state.groupedTransaction(async (transaction) => {
    // Many at once go in one exchange: nobody needs to know how many rows there were.
    await transaction.runMany(sql, [[id, uri, worker, thisMachine().host, Date.now()]]);
  });
}

/** Forgets an upload that has become what it was to be, or is removed. */
export async function forgetUpload(
  state: Database,
  { id, uri }: Pick<UploadRecord, 'id' | 'uri'>,
): Promise<void> {
  await state.groupedTransaction(async (transaction) => {
    await transaction.runMany('DELETE FROM uploads WHERE id = ? AND uri = ?', [[id, uri]]);
  });
}

/** Every upload that was begun and is not known to have ended, the oldest first. */
export async function listUploads(state: Statements): Promise<UploadRecord[]> {
  const rows = await state.all<UploadRow>(
    'SELECT id, uri, worker, host, began_at FROM uploads ORDER BY began_at, id',
  );
  return rows.map(({ began_at: beganAt, ...row }) => ({ ...row, beganAt }));
}
