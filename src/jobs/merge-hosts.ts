import { copyFile, link, mkdir, readdir, readlink, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../core/errors.ts';
import { hostPath, type JobHost } from './job-host.ts';

/** Where the contents of several hosts come together in a job's directory. */
export const MERGED_DIRECTORY = 'merged';

/**
 * One directory with what all hosts left at a path: the host's own directory where there is one host, else hard
 * links in a directory beside them. Where two hosts wrote the same file, that of the first host stays.
 */
export async function mergeHosts(hosts: readonly JobHost[], path: string, target: string): Promise<string> {
  const [first, ...others] = hosts.map((host) => hostPath(host.mlDirectory, path));
  if (others.length === 0) return first as string;
  await mkdir(target, { recursive: true });
  for (const source of [first as string, ...others]) await linkTree(source, target);
  return target;
}

async function linkTree(source: string, target: string): Promise<void> {
  const entries = await readdir(source, { withFileTypes: true }).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) {
    const from = join(source, entry.name);
    const to = join(target, entry.name);
    if (entry.isDirectory()) {
      if (await makeDirectory(to)) await linkTree(from, to);
    } else if (entry.isSymbolicLink()) {
      await symlink(await readlink(from), to).catch(ignoreExisting);
    } else if (entry.isFile()) {
      await link(from, to).catch((error: unknown) => copyInstead(error, from, to));
    }
  }
}

/** False where a file of an earlier host has the name. */
async function makeDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    ignoreExisting(error);
    return (await stat(path)).isDirectory();
  }
}

async function copyInstead(error: unknown, from: string, to: string): Promise<void> {
  if (systemErrorCode(error) === 'EEXIST') return;
  await copyFile(from, to);
}

function ignoreExisting(error: unknown): void {
  if (systemErrorCode(error) !== 'EEXIST') throw error;
}
