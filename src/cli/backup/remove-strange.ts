import { lstat, readdir, realpath, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What no backup holds at its top: secrets, and what belongs to processes. */
const NOT_IN_BACKUPS = /^(?:server\.(?:json|lock)|credentials\.json|job-credentials\.key|runners$|cache$)/;

/**
 * Removes from an unpacked archive what only a hostile one brings: secrets that its maker knows, devices and pipes, and
 * links that lead out.
 *
 * @param directory without links in its path
 * @returns what was removed, by names within it
 */
export async function removeStrange(directory: string): Promise<string[]> {
  const removed: string[] = [];
  const visit = async (at: string): Promise<void> => {
    for (const name of await readdir(at)) {
      const path = join(at, name);
      const stats = await lstat(path);
      const strange =
        (at === directory && NOT_IN_BACKUPS.test(name)) ||
        (stats.isSymbolicLink()
          ? !(await staysIn(directory, path))
          : !stats.isFile() && !stats.isDirectory());
      if (strange) {
        removed.push(relative(directory, path));
        await rm(path, { recursive: true, force: true });
      } else if (stats.isDirectory()) await visit(path);
    }
  };
  await visit(directory);
  return removed;
}

async function staysIn(directory: string, link: string): Promise<boolean> {
  const target = await realpath(link).catch(() => undefined);
  return target?.startsWith(`${directory}/`) ?? false;
}
