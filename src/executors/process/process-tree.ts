import { readdirSync, readFileSync } from 'node:fs';

/** Marks each process of one execution in its environment, so that one that left the group is still found. */
export const EXECUTION_ID_VARIABLE = 'SLUICE_EXECUTION_ID';

/** Signals a process group; one that is gone is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  signalProcess(-pid, signal);
}

/** Signals a process; one that is gone, or another user's, is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

/**
 * Kills the process group and every other process of the execution that can be found: those that have the
 * execution's mark in their environment (Linux; elsewhere a process that left the group stays). Returns how many
 * were found outside the group.
 */
export function killTree(pid: number, executionId: string): number {
  signalGroup(pid, 'SIGKILL');
  const strays = findMarked(executionId);
  for (const stray of strays) signalProcess(stray, 'SIGKILL');
  return strays.length;
}

/** Processes, not dead ones, whose environment has the execution's mark. */
export function findMarked(executionId: string): number[] {
  if (process.platform !== 'linux') return [];
  const mark = Buffer.from(`${EXECUTION_ID_VARIABLE}=${executionId}`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && holds(`/proc/${name}/environ`, mark))
    .map(Number);
}

function holds(path: string, text: Buffer): boolean {
  try {
    return readFileSync(path).includes(text);
  } catch {
    return false;
  }
}
