import { readdirSync, readFileSync } from 'node:fs';

/** The children of a process, oldest first. */
export function childrenOf(pid: number): number[] {
  const listed = readText(`/proc/${pid}/task/${pid}/children`);
  if (listed !== undefined) return listed.split(' ').filter(Boolean).map(Number);
  // A kernel without CONFIG_PROC_CHILDREN.
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statusField(Number(name), 1) === String(pid))
    .map(Number);
}

/**
 * Whether a process has ended. The kernel kills everything in a process namespace before its first process can
 * be waited for, so that a first process that is a zombie or gone means an empty sandbox.
 */
export function hasEnded(pid: number): boolean {
  const state = statusField(pid, 0);
  return state === undefined || state === 'Z' || state === 'X';
}

/** A field of `/proc/<pid>/stat`, counted from the state. */
function statusField(pid: number, index: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[index];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
