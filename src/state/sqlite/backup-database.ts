import { backup, DatabaseSync } from 'node:sqlite';
import { systemErrorCode } from '../../core/errors.ts';
import type { HomePaths } from '../../core/home.ts';
import { stateError } from './sqlite-error.ts';

/**
 * Copies the database as it is at one moment, while others go on writing.
 *
 * @param target a file that does not exist yet
 * @throws SluiceError `HomeDamaged`, `DiskFull`, `HomeLocked`
 */
export async function backupDatabase({ database }: HomePaths, target: string): Promise<void> {
  try {
    const connection = new DatabaseSync(database, { readOnly: true, timeout: 10_000 });
    try {
      await backup(connection, target);
    } finally {
      connection.close();
    }
  } catch (error) {
    throw systemErrorCode(error) === 'ERR_SQLITE_ERROR' ? stateError(error, database) : error;
  }
}
