import { SluiceError, systemErrorCode } from '../core/errors.ts';

/** What keeps a home from being made or written. ENOENT: a file system such as /proc takes no directories. */
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENAMETOOLONG']);

/** Tells in Sluice's words what the file system says of a home; other errors come back as they are. */
export function homeError(error: unknown, path: string): unknown {
  const system = systemErrorCode(error);
  if (system === 'ENOSPC' || system === 'EDQUOT') return diskFull(path, error);
  if (system !== undefined && UNWRITABLE.has(system)) return homeReadOnly(path, error);
  if (system === 'ENOTDIR' || system === 'EEXIST') return notADirectory(path, error);
  return error;
}

/** The error for a home that this process may not write. */
export function homeReadOnly(path: string, cause: unknown): SluiceError {
  return new SluiceError('HomeReadOnly', `The home cannot be written: '${path}'.`, {
    cause,
    hint: 'Give this user the right to write there, or use another home with --home or SLUICE_HOME.',
  });
}

/** The error for a file system without room. */
export function diskFull(path: string, cause: unknown): SluiceError {
  return new SluiceError('DiskFull', `There is no room left to write '${path}'.`, {
    cause,
    hint: 'Free some space on that file system, then run the command again; a run goes on with: sluice runs resume ID',
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
