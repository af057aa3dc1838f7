import { closeSync, createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { UploadOptions } from '../channels/index.ts';
import { systemErrorCode } from '../core/errors.ts';
import { takeTurns } from '../core/take-turns.ts';
import { makeBelow, openBelow, type TreeDirectory, type TreePlace } from '../core/tree/index.ts';
import type { Host } from './host.ts';
import { hostPath, jobPlace } from './host.ts';

/** Where the contents of several hosts come together in a job's directory. */
export const MERGED_DIRECTORY = 'merged';
/** Each has descriptors open. One more than is uploaded: that tells what is left out. */
const MOST_DIRECTORIES = 514;

/**
 * One directory with what all hosts left at a path: the host's own directory where there is one host, else hard
 * links in a directory beside them. Where two hosts wrote the same file, that of the first host stays.
 *
 * @param merged where they come together
 * @returns the directory, and by what names the hosts call it
 */
export async function mergeHosts(
  hosts: readonly Host[],
  path: string,
  merged: TreePlace,
): Promise<Pick<UploadOptions, 'directory' | 'root' | 'names'>> {
  const own = hosts.map((host) => hostPath(host.mlDirectory, path));
  const names = [path, ...own];
  const [first] = hosts;
  if (hosts.length === 1 && first) return { directory: own[0] as string, root: first.mlDirectory, names };
  using target = makeBelow(merged);
  const ownTurn = takeTurns();
  for (const host of hosts) {
    using source = openBelow(jobPlace(host.mlDirectory, path));
    if (source) await linkTree(source, target, ownTurn);
  }
  return { directory: target.path, names };
}

async function linkTree(
  source: TreeDirectory,
  target: TreeDirectory,
  ownTurn: () => Promise<void>,
  depth = 0,
): Promise<void> {
  if (depth > MOST_DIRECTORIES) return;
  for (const { name, kind } of source.entries()) {
    await ownTurn();
    const there = target.stat(name);
    if (kind === 'directory' && (!there || there.isDirectory())) {
      using from = source.directory(name);
      using to = target.makeDirectory(name);
      if (from) await linkTree(from, to, ownTurn, depth + 1);
    }
    if (there) continue;
    if (kind === 'link') target.makeLink(name, source.readLink(name) ?? '');
    if (kind === 'file') await linkFile(source, name, target);
  }
}

/** A file has a limit of names, and of users in some kernels: then it is copied. */
async function linkFile(source: TreeDirectory, name: string, target: TreeDirectory): Promise<void> {
  try {
    source.link(name, target, name);
  } catch (error) {
    if (!['EMLINK', 'EPERM', 'EXDEV'].includes(systemErrorCode(error) ?? '')) throw error;
    const from = source.openFile(name);
    if (from === undefined) return;
    const to = target.createFile(name);
    try {
      await pipeline(
        createReadStream('', { fd: from, autoClose: false }),
        createWriteStream('', { fd: to, autoClose: false }),
      );
    } finally {
      closeSync(from);
      closeSync(to);
    }
  }
}
