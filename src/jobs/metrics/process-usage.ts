import { childProcesses, readProcessStat } from '../../core/process-table.ts';

/** What a tree of processes has used. */
export interface ProcessUsage {
  /** Processor time so far, also of processes that have ended and were waited for: milliseconds. */
  readonly cpuMs: number;
  /** Memory that it holds now, bytes. */
  readonly memoryBytes: number;
}

/** The length of a tick on Linux, whatever the machine. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;
/** More processes than this are not looked at. */
const MAX_PROCESSES = 5000;

/** What a process and all below it have used. Undefined where the system does not tell. */
export function readProcessUsage(root: number): ProcessUsage | undefined {
  let [cpuMs, memoryBytes, seen] = [0, 0, 0];
  const pending = [root];
  for (let pid = pending.pop(); pid !== undefined && seen < MAX_PROCESSES; pid = pending.pop()) {
    const stat = readProcessStat(pid);
    if (!stat) continue;
    seen++;
    cpuMs += stat.cpuTicks * TICK_MS;
    memoryBytes += stat.residentPages * PAGE_BYTES;
    pending.push(...childProcesses(pid));
  }
  return seen > 0 ? { cpuMs, memoryBytes } : undefined;
}
