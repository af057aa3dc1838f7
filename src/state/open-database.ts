import type { HomePaths } from '../core/home.ts';
import type { Database } from './database.ts';
import type { OpenDatabaseOptions } from './open-options.ts';
import { openEmptySqlite, openSqlite } from './sqlite/open-sqlite.ts';

/**
 * Opens the state of a home, and makes or upgrades it where needed: in PostgreSQL where a URL says so, else in the home.
 * Any number of processes may do so at once.
 *
 * @throws SluiceError `HomeReadOnly`, `HomeLocked`, `HomeVersion`, `HomeDamaged`, `DatabaseForeign`, `DiskFull`; of
 *   PostgreSQL also `DatabaseUnreachable`, `DatabaseRefused`
 */
export async function openDatabase(
  paths: HomePaths,
  { url, ...options }: OpenDatabaseOptions & { readonly url?: string | undefined } = {},
): Promise<Database> {
  if (url === undefined) return openSqlite(paths, options);
  const { openPostgres } = await import('./postgres/open-postgres.ts');
  return (await openPostgres(url, paths, options)) ?? openEmptySqlite(paths.database);
}
