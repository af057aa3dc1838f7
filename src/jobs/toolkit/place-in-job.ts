import { join } from 'node:path';
import type { Mount } from '../../contract/mount.ts';
import { hostPath } from '../../hosts/index.ts';
import type { ProgramHost } from './host-program.ts';

/** Where a path in the job is on this machine: in a channel that is shown, or in the job's own directory. */
export function placeInJob(host: ProgramHost, mounts: readonly Mount[], path: string): string {
  const mount = mounts
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0];
  return mount ? join(mount.source, path.slice(mount.target.length)) : hostPath(host.mlDirectory, path);
}
