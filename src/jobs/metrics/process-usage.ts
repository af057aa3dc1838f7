import { readdirSync, readFileSync } from 'node:fs';

/** What a tree of processes has used. */
export interface ProcessUsage {
  /** Processor time so far, also of processes that have ended and were waited for: milliseconds. */
  readonly cpuMs: number;
  /** Memory that it holds now, bytes. */
  readonly memoryBytes: number;
}

/** The length of a tick of `/proc/<pid>/stat` on Linux, whatever the machine. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;
/** More processes than this are not looked at. */
const MAX_PROCESSES = 5000;

/** What a process and all below it have used. Undefined where the system does not tell. @see proc(5) */
export function readProcessUsage(root: number): ProcessUsage | undefined {
  let [cpuMs, memoryBytes, seen] = [0, 0, 0];
  const pending = [root];
  for (let pid = pending.pop(); pid !== undefined && seen < MAX_PROCESSES; pid = pending.pop()) {
    const fields = statFields(pid);
    if (!fields) continue;
    seen++;
    // utime, stime, cutime, cstime; rss.
    cpuMs += fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
    memoryBytes += Number(fields[21]) * PAGE_BYTES;
    pending.push(...childrenOf(pid));
  }
  return seen > 0 ? { cpuMs, memoryBytes } : undefined;
}

/** The fields after the name, which may hold anything: the state is the first. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Children belong to the thread that made them. */
function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1'));
    return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  } catch {
    return [];
  }
}
