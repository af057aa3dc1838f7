import { readFileSync } from 'node:fs';
import { unmountFuse } from './mount-system.ts';
import { ownMounts } from './own-mounts.ts';

/**
 * Takes away the mounts whose serving process was killed: whoever touches one gets "Transport endpoint is not
 * connected", and its directory cannot be removed.
 *
 * @param below a directory; only mounts at or below it
 */
export async function unmountLeftovers(below: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const left = ownMounts(readFileSync('/proc/self/mountinfo', 'utf8')).filter(
    ({ directory, served }) => !served && (directory === below || directory.startsWith(`${below}/`)),
  );
  for (const { directory } of left) await unmountFuse(directory);
}
