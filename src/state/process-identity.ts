import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for another one with the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** What the system tells of its start, unique to this boot where the system says so. */
  readonly startTime: string;
}

/** The identity of a process that runs now; undefined when there is none. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startTime = process.platform === 'linux' ? linuxStartTime(pid) : psStartTime(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

let current: ProcessIdentity | undefined;

/** The identity of this very process. */
export function currentProcess(): ProcessIdentity {
  current ??= identifyProcess(process.pid) ?? { pid: process.pid, startTime: String(performance.timeOrigin) };
  return current;
}

/** Whether that very process still runs; another one with its id does not count. */
export function isProcessAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startTime === identity.startTime;
}

let bootId: string | undefined;

/** `<boot id>/<clock ticks since boot>`; a zombie counts as ended. @see proc(5), /proc/[pid]/stat */
function linuxStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses and may hold anything; state is field 3, the start field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${bootId}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

function psStartTime(pid: number): string | undefined {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      timeout: 5000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return started || undefined;
  } catch {
    return undefined;
  }
}
