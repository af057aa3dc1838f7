import { readProcessStat } from '../../core/process-table.ts';

/**
 * Whether a process has ended. The kernel kills everything in a process namespace before its first process can
 * be waited for, so that a first process that is a zombie or gone means an empty sandbox.
 */
export function hasEnded(pid: number): boolean {
  return readProcessStat(pid)?.isZombie ?? true;
}
