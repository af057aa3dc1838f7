import { SluiceError, systemErrorCode } from '../../core/errors.ts';

// @see https://www.sqlite.org/rescode.html, primary codes
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** What keeps a home from being made or written. ENOENT: a file system such as /proc takes no directories. */
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENAMETOOLONG']);

/** Tells in Sluice's words what SQLite or the file system says; other errors come back as they are. */
export function stateError(error: unknown, path: string): unknown {
  const system = systemErrorCode(error);
  if (system === 'ENOSPC' || system === 'EDQUOT') return diskFull(path, error);
  if (system !== undefined && UNWRITABLE.has(system)) return readOnly(path, error);
  if (system === 'ENOTDIR' || system === 'EEXIST') return notADirectory(path, error);
  if (system !== 'ERR_SQLITE_ERROR') return error;
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
      return readOnly(path, cause);
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

function readOnly(path: string, cause: unknown): SluiceError {
  return new SluiceError('HomeReadOnly', `The home cannot be written: '${path}'.`, {
    cause,
    hint: 'Give this user the right to write there, or use another home with --home or SLUICE_HOME.',
  });
}

function notADirectory(path: string, cause: unknown): SluiceError {
  return new SluiceError(
    'HomeReadOnly',
    `The home cannot be made: a part of '${path}' is a file, not a directory.`,
    {
      cause,
      hint: 'Move the file away, or use another home with --home or SLUICE_HOME.',
    },
  );
}

function diskFull(path: string, cause: unknown): SluiceError {
  return new SluiceError('DiskFull', `There is no room left to write '${path}'.`, {
    cause,
    hint: 'Free some space on that file system, then run the command again; a run goes on with: sluice runs resume ID',
  });
}
