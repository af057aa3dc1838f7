import type { DatabaseSync } from 'node:sqlite';
import { SluiceError } from '../../core/errors.ts';
import { migrations } from '../migrations/index.ts';
import { newerSchema } from '../migrations/newer-schema.ts';

/** The number of migrations that a database has seen. */
export function schemaVersion(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
}

/**
 * Brings a database up to date, in one transaction. One query where nothing is to do.
 *
 * @throws SluiceError `HomeVersion` when a newer version of Sluice has written it, `DatabaseForeign` when another
 *   program has
 */
export function migrateSqlite(connection: DatabaseSync, path: string): void {
  const version = schemaVersion(connection);
  if (version > migrations.length) throw newerSchema(version, migrations.length, `'${path}'`);
  if (version === migrations.length) return;
  refuseForeign(connection, path);
  // Only a new database takes a page size. A commit writes whole pages, and here it changes a few short rows.
  if (version === 0) connection.exec('PRAGMA page_size = 2048');
  useWriteAheadLog(connection);
  connection.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been quicker.
    for (const migration of migrations.slice(schemaVersion(connection)))
      migration.sqlite.forEach((sql) => connection.exec(sql));
    if (schemaVersion(connection) < migrations.length)
      connection.exec(`PRAGMA user_version = ${migrations.length}`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

/** What is there, as it is at one moment: another process may just be making it. */
const LOOK = `SELECT (SELECT user_version FROM pragma_user_version) AS version,
  (SELECT count(*) FROM sqlite_master WHERE type = 'table') AS tables,
  (SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('runs', 'nodes', 'events')) AS ours`;

/** A database of somebody else's is left as it is. */
function refuseForeign(connection: DatabaseSync, path: string): void {
  const { version, tables, ours } = connection.prepare(LOOK).get() ?? {};
  if (version === 0 ? tables === 0 : ours === 3) return;
  throw new SluiceError('DatabaseForeign', `The database '${path}' holds tables that Sluice has not made.`, {
    hint: 'Use another home with --home or SLUICE_HOME, or move the file away.',
  });
}

/** SQLite does not wait for others when it changes the journal mode, so this tries again while they do the same. */
function useWriteAheadLog(connection: DatabaseSync): void {
  for (let attempt = 1; ; attempt++) {
    try {
      connection.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if ((error as { errcode?: number }).errcode !== 5 || attempt === 100) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10 + attempt);
    }
  }
}
