import { constants, readlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';

const gone = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO']);

/**
 * Opens a regular file below a directory for reading, following no symbolic link, also where a running job swaps a
 * directory for a link meanwhile. Undefined for what is not there (any more) or is no such file.
 *
 * @param realDirectory without symbolic links
 */
export async function openWithin(realDirectory: string, name: string): Promise<FileHandle | undefined> {
  const path = join(realDirectory, name);
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (gone.has(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
  if ((await file.stat()).isFile() && liesWithin(realDirectory, file.fd)) return file;
  await file.close();
  return undefined;
}

function liesWithin(realDirectory: string, fd: number): boolean {
  if (process.platform !== 'linux') return true;
  return readlinkSync(`/proc/self/fd/${fd}`).startsWith(realDirectory + sep);
}
