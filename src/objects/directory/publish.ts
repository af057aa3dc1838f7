import { link, mkdir, realpath, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import type { ObjectPlaces, Places } from './object-places.ts';

/** Codes that say: a key lies where this key wants a directory, or the other way round. */
const occupied = new Set(['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'ENAMETOOLONG', 'EINVAL']);
const absent = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EPERM', 'ENAMETOOLONG', 'ELOOP']);

/**
 * Gives a finished file its key, in one step: as a plain path where that is free, else in the encoded tree. `exclusive`
 * leaves a file alone that another process has put there first.
 *
 * @returns false when `exclusive` and there was one.
 */
export async function publishFile(
  temporary: string,
  { plain, encoded }: ObjectPlaces,
  bucketPath: string,
  exclusive: boolean,
): Promise<boolean> {
  for (let attempt = 0; attempt < 10; attempt++) {
    if (plain === undefined || !(await makeDirectory(dirname(plain), bucketPath))) break;
    const outcome = await moveTo(temporary, plain, exclusive);
    if (outcome === 'exists') return false;
    if (outcome === 'occupied') break;
    if (outcome === 'retry') continue;
    await removeFile(encoded);
    return true;
  }
  await mkdir(dirname(encoded), { recursive: true });
  await rename(temporary, encoded);
  return true;
}

async function moveTo(
  from: string,
  to: string,
  exclusive: boolean,
): Promise<'done' | 'exists' | 'occupied' | 'retry'> {
  try {
    if (!exclusive) await rename(from, to);
    else {
      await link(from, to);
      await unlink(from);
    }
    return 'done';
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    if (exclusive && code === 'EEXIST') return (await isDirectoryAt(to)) ? 'occupied' : 'exists';
    if (code === 'ENOENT') return 'retry';
    if (occupied.has(code)) return 'occupied';
    throw error;
  }
}

async function isDirectoryAt(path: string): Promise<boolean> {
  return (await realpath(`${path}/.`).catch(() => undefined)) !== undefined;
}

/** Makes the directories between the bucket and a key; false where a file or a symbolic link is in the way. */
async function makeDirectory(path: string, bucketPath: string): Promise<boolean> {
  try {
    return (await realpath(path)) === path;
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    if (code !== 'ENOENT') return occupied.has(code) ? false : Promise.reject(error);
    if (path === bucketPath || !(await makeDirectory(dirname(path), bucketPath))) return false;
  }
  await mkdir(path).catch((error: unknown) => {
    if (!['EEXIST', 'ENOENT'].includes(systemErrorCode(error) ?? '')) throw error;
  });
  return true;
}

/** Removes a key's files, and the directories that are empty then. */
export async function unpublishFile(
  places: Places,
  bucket: string,
  { plain, encoded }: ObjectPlaces,
): Promise<void> {
  if (await removeFile(encoded)) await pruneDirectories(dirname(encoded), `${places.encodedRoot}/${bucket}`);
  if (plain === undefined || !(await places.isInside(plain))) return;
  if (await removeFile(plain)) await pruneDirectories(dirname(plain), `${places.root}/${bucket}`);
}

async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (absent.has(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

async function pruneDirectories(path: string, top: string): Promise<void> {
  for (let directory = path; directory.length > top.length; directory = dirname(directory)) {
    try {
      await rmdir(directory);
    } catch {
      return;
    }
  }
}

/** Removes a directory and the empty directories in it; fails where anything else is left. */
export async function removeEmptyTree(
  path: string,
  read: (path: string) => Promise<readonly string[]>,
): Promise<void> {
  for (const child of await read(path)) await removeEmptyTree(child, read);
  await rmdir(path);
}

/** Removes a file that was never published. */
export async function discard(temporary: string): Promise<void> {
  await rm(temporary, { force: true });
}
