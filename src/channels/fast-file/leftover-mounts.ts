import { readFileSync } from 'node:fs';
import { pollUntil } from '../../core/poll-until.ts';
import { unmountFuse } from './mount-system.ts';
import { mountsOf, type OwnMount, ownMounts } from './own-mounts.ts';

/** How long a process whose Sluice was killed may take to unmount by itself, milliseconds. */
const LIMIT_MS = 5_000;
const INTERVAL_MS = 10;

/**
 * Takes away the mounts at or below a directory that a process has left which was killed: whoever touches one gets
 * "Transport endpoint is not connected", and its directory cannot be removed.
 *
 * @param directory absolute; nobody else mounts there
 */
export async function unmountLeftovers(directory: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const isAlone = (): boolean => !mountsBelow(directory).some(({ served }) => served);
  await pollUntil(isAlone, { everyMs: INTERVAL_MS, limitMs: LIMIT_MS });
  for (const mount of mountsBelow(directory)) await unmountFuse(mount.directory);
}

/**
 * Takes away what a process of this home has mounted and has not unmounted itself: wherever that is by now, a job may
 * have renamed the directories above it and put links in their places.
 */
export async function unmountOf(pid: number): Promise<void> {
  const mounts = listMounts().filter(({ source }) => source.startsWith(mountsOf(pid)));
  for (const mount of mounts) await unmountFuse(mount.directory);
}

function mountsBelow(directory: string): OwnMount[] {
  return listMounts().filter(
    (mount) => mount.directory === directory || mount.directory.startsWith(`${directory}/`),
  );
}

function listMounts(): OwnMount[] {
  return ownMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
}
