import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A control group that bounds the processes of a job which root has started: the kernel counts no processes of root
 * against its resource limits. Where there is none to be had (in a container, most often), nothing bounds them but the
 * machine.
 */

/** Puts a process into a group of at most so many. False where no group can be made. */
export function holdProcesses(mlDirectory: string, pid: number, most: number): boolean {
  const group = groupOf(mlDirectory);
  if (group === undefined) return false;
  try {
    mkdirSync(group, { recursive: true });
    writeFileSync(join(group, 'pids.max'), String(most));
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
    return true;
  } catch {
    releaseProcesses(mlDirectory);
    return false;
  }
}

/** Removes the group of a job whose processes are gone. */
export function releaseProcesses(mlDirectory: string): void {
  const group = groupOf(mlDirectory);
  try {
    if (group !== undefined) rmdirSync(group);
  } catch {
    // None, or a process is just ending: an empty group costs nothing.
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
