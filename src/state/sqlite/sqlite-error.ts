import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { diskFull, homeError, homeReadOnly } from '../home-error.ts';

// @see https://www.sqlite.org/rescode.html, primary codes
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** Tells in Sluice's words what SQLite or the file system says; other errors come back as they are. */
export function stateError(error: unknown, path: string): unknown {
  if (systemErrorCode(error) !== 'ERR_SQLITE_ERROR') return homeError(error, path);
  return sqliteError((error as { errcode?: number }).errcode ?? 0, path, error);
}

function sqliteError(extendedCode: number, path: string, cause: unknown): unknown {
  switch (extendedCode & 0xff) {
    case BUSY:
    case LOCKED:
      return new SluiceError('HomeLocked', `Another process holds the database '${path}'.`, {
        cause,
        hint: 'Wait until it is done and try again, or use another home with --home.',
      });
    case READONLY:
    case CANTOPEN:
      return homeReadOnly(path, cause);
    case FULL:
      return diskFull(path, cause);
    case CORRUPT:
    case NOTADB:
      return new SluiceError('HomeDamaged', `'${path}' is not a whole database.`, {
        cause,
        hint: 'Restore the file from a backup, or move it away to begin with an empty one.',
      });
    default:
      return cause;
  }
}
