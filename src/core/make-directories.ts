import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SluiceError, type SluiceErrorOptions, systemErrorCode } from './errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'the rights for it are missing',
  EPERM: 'that is not permitted there',
  EROFS: 'the file system is read-only',
  ENOENT: 'its file system takes no directories',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a file has that name',
  ENAMETOOLONG: 'its name is too long',
};

/**
 * Makes a directory and those above it; one that exists is well. Not mkdir's own `recursive`: in /proc and the like, which
 * answer that the directory above does not exist, Node never comes back from it.
 *
 * @throws Error with the system's code
 */
export function makeDirectories(path: string, mode?: number): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (isDirectory(path)) return;
    const above = dirname(path);
    if (systemErrorCode(error) !== 'ENOENT' || above === path || isDirectory(above)) throw error;
    makeDirectories(above, mode);
    makeDirectories(path, mode);
  }
}

/**
 * As {@link makeDirectories}, for a directory that a user has named.
 *
 * @param what how the message calls it: `DEST`
 * @throws SluiceError `DiskFull`, `InvalidArgument` with what is in the way
 */
export function makeNamedDirectory(path: string, what: string): void {
  try {
    makeDirectories(path);
  } catch (error) {
    throw directoryError(error, path, what);
  }
}

/**
 * Looks whether a directory that a user has named could be made and written, without making it: before long work.
 *
 * @throws SluiceError `InvalidArgument` with what is in the way
 */
export function checkNamedDirectory(path: string, what: string): void {
  let nearest = path;
  while (!existsSync(nearest)) nearest = dirname(nearest);
  try {
    if (!isDirectory(nearest))
      throw Object.assign(new Error(), { code: nearest === path ? 'EEXIST' : 'ENOTDIR' });
    accessSync(nearest, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw directoryError(error, path, what);
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function directoryError(cause: unknown, path: string, what: string): unknown {
  const code = systemErrorCode(cause) ?? '';
  const options: SluiceErrorOptions = { cause, hint: 'Name another directory, or make room for this one.' };
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SluiceError('DiskFull', `${what}: there is no room left for '${path}'.`, { cause });
  const reason = REASONS[code];
  if (reason === undefined) return cause;
  return new SluiceError(
    'InvalidArgument',
    `${what}: the directory '${path}' cannot be made: ${reason}.`,
    options,
  );
}
