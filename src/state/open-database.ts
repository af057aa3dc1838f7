import type { HomePaths } from '../core/home.ts';
import type { Database } from './database.ts';
import type { OpenDatabaseOptions } from './open-options.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';

/**
 * Opens the state of a home, and makes or upgrades it where needed. Any number of processes may do so at once.
 *
 * @throws SluiceError `HomeReadOnly`, `HomeLocked`, `HomeVersion`, `HomeDamaged`, `DiskFull`
 */
export async function openDatabase(paths: HomePaths, options: OpenDatabaseOptions = {}): Promise<Database> {
  return openSqlite(paths, options);
}
