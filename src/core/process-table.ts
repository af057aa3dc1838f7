/**
 * What Linux tells of processes, for who runs them, measures them or waits for their ends. Elsewhere nothing is told.
 *
 * Source: proc(5).
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Of a process's flags, include/linux/sched.h. */
const PF_EXITING = 0x4;

/** A process as `/proc/<pid>/stat` shows it. */
export interface ProcessStat {
  /** It has ended, and waits for its parent to hear of it. */
  readonly isZombie: boolean;
  /** It is about to end, or has: the kernel is taking it apart, and puts it into no control group any more. */
  readonly isEnding: boolean;
  /** It was stopped (SIGSTOP, a debugger), and not continued. */
  readonly isStopped: boolean;
  readonly parent: number;
  /** The process that leads its group. */
  readonly group: number;
  /** Its own processor time and that of children which were waited for, in ticks of 10 ms. */
  readonly cpuTicks: number;
  /** When it began, in ticks since the machine did. */
  readonly startTicks: string;
  /** Its memory now, in pages of 4 KiB. */
  readonly residentPages: number;
}

/** A process that is there; undefined when there is none. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  const stat = readProcessFile(pid, 'stat');
  if (!stat) return undefined;
  // The second field is the name in brackets, and may hold anything: the state, field 3, is the first after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    isEnding: (Number(fields[6]) & PF_EXITING) !== 0,
    isStopped: fields[0] === 'T' || fields[0] === 't',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    // utime, stime, cutime, cstime
    cpuTicks: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0),
    startTicks: fields[19] ?? '',
    residentPages: Number(fields[21]),
  };
}

/** The ids of all processes. */
export function listProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The children of a process, oldest first as far as one thread has made them. */
export function childProcesses(pid: number): number[] {
  const lists = threadsOf(pid).map((thread) => readProcessFile(pid, `task/${thread}/children`));
  // A kernel without CONFIG_PROC_CHILDREN.
  if (lists[0] === undefined) return listProcesses().filter((each) => readProcessStat(each)?.parent === pid);
  return lists.flatMap((list = '') => list.split(' ').filter(Boolean).map(Number));
}

/** A file of a process; undefined where it is gone or may not be read. */
export function readProcessFile(
  pid: number,
  name: string,
  encoding: 'latin1' | 'utf8' = 'latin1',
): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, encoding);
  } catch {
    return undefined;
  }
}

/** Children belong to the thread that made them. */
function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}
