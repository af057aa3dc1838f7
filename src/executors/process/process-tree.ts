import { systemErrorCode } from '../../core/errors.ts';
import { listProcesses, readProcessFile, readProcessStat } from '../../core/process-table.ts';

/** Marks each process of one execution in its environment, so that one that left the group is still found. */
export const EXECUTION_ID_VARIABLE = 'SLUICE_EXECUTION_ID';

/** The mark of an execution begins with the directory that its `/opt/ml` is, so that whoever finds it knows whose it is. */
export function executionMark(mlDirectory: string, id = ''): string {
  return `${mlDirectory}:${id}`;
}

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
 * execution's mark in their environment (Linux; elsewhere a process that left the group stays).
 */
export function killTree(pid: number, executionId: string): void {
  signalGroup(pid, 'SIGKILL');
  for (const member of findTree(pid, executionId)) signalProcess(member, 'SIGKILL');
}

/** Whether anything of an execution still lives. A zombie does not: nothing but its parent can end it. */
export function isAlive(pid: number, executionId: string): boolean {
  if (process.platform === 'linux') return findTree(pid, executionId).length > 0;
  try {
    process.kill(-pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

/** The living processes of any execution in these directories, as far as they can be found (Linux only). */
export function findMarked(mlDirectories: readonly string[]): number[] {
  if (process.platform !== 'linux' || mlDirectories.length === 0) return [];
  const marks = mlDirectories.map((directory) => `${EXECUTION_ID_VARIABLE}=${executionMark(directory)}`);
  return livingProcesses((pid) => {
    const environment = readProcessFile(pid, 'environ', 'utf8') ?? '';
    return marks.some((mark) => environment.includes(mark));
  });
}

/** The living processes of an execution: in its group, or with its mark in their environment. */
function findTree(leader: number, executionId: string): number[] {
  if (process.platform !== 'linux') return [];
  const mark = `${EXECUTION_ID_VARIABLE}=${executionId}`;
  return livingProcesses(
    (pid, group) => group === leader || (readProcessFile(pid, 'environ', 'utf8') ?? '').includes(mark),
  );
}

function livingProcesses(belongs: (pid: number, group: number) => boolean): number[] {
  return listProcesses().filter((pid) => {
    const stat = readProcessStat(pid);
    return stat !== undefined && !stat.isZombie && belongs(pid, stat.group);
  });
}
