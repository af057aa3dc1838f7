import { lstatSync, readdirSync } from 'node:fs';
import { mkdtemp, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from './errors.ts';
import { removeTree } from './tree/index.ts';

/** Untouched for so long: a process of another container, whose ids mean nothing here, would have removed it. Milliseconds. */
const OLD_MS = 600_000;

/** Places that were looked through for what dead processes have left. */
const cleared = new Set<string>();

/**
 * Makes a directory for as long as this process needs it, `<parent>/<name>-<pid>-<random>`, and removes those of the name
 * whose processes have died before they could.
 *
 * @returns its real path; who has asked for it removes it
 */
export async function makeTemporaryDirectory(parent: string, name: string): Promise<string> {
  const place = join(parent, name);
  if (!cleared.has(place)) {
    cleared.add(place);
    await removeLeftovers(parent, name);
  }
  return realpath(await mkdtemp(`${place}-${process.pid}-`));
}

async function removeLeftovers(parent: string, name: string): Promise<void> {
  for (const entry of readdirSync(parent)) {
    const pid = entry.startsWith(`${name}-`) && /^(\d+)-/.exec(entry.slice(name.length + 1))?.[1];
    if (!pid || isAlive(Number(pid))) continue;
    const path = join(parent, entry);
    // Best effort: what cannot be removed is in nobody's way.
    if (isOwnAndOld(path)) await removeTree(path).catch(() => undefined);
  }
}

function isOwnAndOld(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.uid === process.getuid?.() && Date.now() - stats.mtimeMs > OLD_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}
