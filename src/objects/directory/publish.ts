import {
  existsSync,
  linkSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
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
export function publishFile(
  temporary: string,
  { plain, encoded }: ObjectPlaces,
  bucketPath: string,
  exclusive: boolean,
): boolean {
  for (let attempt = 0; attempt < 10; attempt++) {
    if (plain === undefined || !makeDirectory(dirname(plain), bucketPath)) break;
    const outcome = moveTo(temporary, plain, exclusive);
    if (outcome === 'exists') return false;
    if (outcome === 'occupied') break;
    if (outcome === 'retry') continue;
    if (existsSync(encoded)) removeFile(encoded);
    return true;
  }
  mkdirSync(dirname(encoded), { recursive: true });
  renameSync(temporary, encoded);
  return true;
}

function moveTo(from: string, to: string, exclusive: boolean): 'done' | 'exists' | 'occupied' | 'retry' {
  try {
    if (!exclusive) renameSync(from, to);
    else {
      linkSync(from, to);
      unlinkSync(from);
    }
    return 'done';
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    if (exclusive && code === 'EEXIST') return existsSync(`${to}/.`) ? 'occupied' : 'exists';
    if (code === 'ENOENT') return 'retry';
    if (occupied.has(code)) return 'occupied';
    throw error;
  }
}

/** Makes the directories between the bucket and a key; false where a file or a symbolic link is in the way. */
function makeDirectory(path: string, bucketPath: string): boolean {
  try {
    return realpathSync.native(path) === path;
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    if (code !== 'ENOENT') {
      if (occupied.has(code)) return false;
      throw error;
    }
    if (path === bucketPath || !makeDirectory(dirname(path), bucketPath)) return false;
  }
  try {
    mkdirSync(path);
  } catch (error) {
    if (!['EEXIST', 'ENOENT'].includes(systemErrorCode(error) ?? '')) throw error;
  }
  return true;
}

/** Removes a key's files, and the directories that are empty then. */
export function unpublishFile(places: Places, bucket: string, { plain, encoded }: ObjectPlaces): void {
  if (existsSync(encoded) && removeFile(encoded))
    pruneDirectories(dirname(encoded), `${places.encodedRoot}/${bucket}`);
  if (plain === undefined || !places.isInside(plain)) return;
  if (removeFile(plain)) pruneDirectories(dirname(plain), `${places.root}/${bucket}`);
}

function removeFile(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (absent.has(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

function pruneDirectories(path: string, top: string): void {
  for (let directory = path; directory.length > top.length; directory = dirname(directory)) {
    try {
      rmdirSync(directory);
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
  rmdirSync(path);
}

/** Removes a file that was never published. */
export function discard(temporary: string): void {
  rmSync(temporary, { force: true });
}
