import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import { childProcesses, readProcessStat } from '../../core/process-table.ts';

/**
 * A control group that bounds the processes of a job which root has started: the kernel counts no processes of root
 * against its resource limits. Where there is none to be had (in a container, most often), nothing bounds them but the
 * machine.
 */

/** How often processes are looked for that a job started before it was in its group. */
const ROUNDS = 10;
const RELEASE_TRIES = 20;
const RELEASE_INTERVAL_MS = 50;

/**
 * Puts the processes of a sandbox into a group of at most so many. The kernel takes ten milliseconds for it, which the
 * job does not wait for.
 *
 * @param first the sandbox's first process
 * @returns false where the job makes processes faster than they can be held: whoever is told so ends it
 */
export async function holdProcesses(mlDirectory: string, first: number, most: number): Promise<boolean> {
  const group = groupOf(mlDirectory);
  if (group === undefined) return true;
  const members = join(group, 'cgroup.procs');
  try {
    await mkdir(group, { recursive: true });
    await writeFile(join(group, 'pids.max'), String(most));
    for (let round = 0; round < ROUNDS; round++) {
      const inside = new Set((await readFile(members, 'utf8')).split('\n'));
      const outside = treeOf(first).filter((pid) => !inside.has(String(pid)));
      if (outside.length === 0) return true;
      if (outside.length > most) return false;
      for (const pid of outside) await writeFile(members, String(pid)).catch(() => undefined);
    }
    return readProcessStat(first)?.isEnding ?? true;
  } catch {
    // No group can be made here.
    return true;
  }
}

/** A process with all that came from it, as far as the kernel still puts it anywhere: it moves none that is ending. */
function treeOf(pid: number): number[] {
  const stat = readProcessStat(pid);
  if (!stat || stat.isZombie) return [];
  const below = childProcesses(pid).flatMap(treeOf);
  return stat.isEnding ? below : [pid, ...below];
}

/** Removes the group of a job whose processes are gone. The last ones may just be ending. */
export function releaseProcesses(mlDirectory: string, tries = RELEASE_TRIES): void {
  const group = groupOf(mlDirectory);
  try {
    if (group !== undefined) rmdirSync(group);
  } catch (error) {
    if (systemErrorCode(error) !== 'EBUSY' || tries === 0) return;
    setTimeout(() => releaseProcesses(mlDirectory, tries - 1), RELEASE_INTERVAL_MS).unref();
  }
}

let parent: { readonly directory: string | undefined } | undefined;

function groupOf(mlDirectory: string): string | undefined {
  parent ??= { directory: findParent() };
  const name = createHash('sha256').update(mlDirectory).digest('hex').slice(0, 16);
  return parent.directory && join(parent.directory, `sluice-${name}`);
}

/** Version 1 has a tree for processes alone; in version 2's one, a group with processes has no further groups. */
function findParent(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const own = ownGroups();
  const first = own.find(([, controllers]) => controllers.split(',').includes('pids'));
  const candidates = first
    ? [join('/sys/fs/cgroup/pids', first[2])]
    : own.map(([, , path]) => join('/sys/fs/cgroup', path === '/' ? path : dirname(path)));
  return candidates.find((directory) => existsSync(join(directory, 'cgroup.procs')));
}

/** Lines of `id:controllers:path`. */
function ownGroups(): (readonly [id: string, controllers: string, path: string])[] {
  try {
    const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
    return lines.map((line) => {
      const [id = '', controllers = '', ...path] = line.split(':');
      return [id, controllers, path.join(':')] as const;
    });
  } catch {
    return [];
  }
}
