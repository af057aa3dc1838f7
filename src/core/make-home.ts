import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from './make-directories.ts';

/** Nobody but its owner may look into a home. */
const HOME_MODE = 0o700;
/** What marks a directory as a home of ours. */
const MARKS = ['sluice.db', 's3', 'jobs', 'server.json'];

/** Makes a home where there is none, and closes one that is open to others. @throws Error with the system's code */
export function makeHome(home: string): void {
  makeDirectories(home, HOME_MODE);
  closeHome(home);
}

/**
 * Takes the rights of others from a home that an earlier version, or `mkdir`, has left open; an empty directory becomes one.
 * A directory that is something else too, such as a project's, stays as it is.
 */
export function closeHome(home: string): void {
  const stats = statSync(home, { throwIfNoEntry: false });
  if (!stats?.isDirectory() || (stats.mode & 0o077) === 0 || stats.uid !== process.getuid?.()) return;
  try {
    if (MARKS.some((name) => existsSync(join(home, name))) || readdirSync(home).length === 0)
      chmodSync(home, HOME_MODE);
  } catch {
    // A file system without modes, or read-only: doctor tells.
  }
}
