import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readProcessStat } from '../core/process-table.ts';

/** A process that cannot be mistaken for another one with the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** What the system tells of its start, unique to this boot where the system says so. */
  readonly startTime: string;
}

/** A process as it is now. */
interface ProcessLook {
  readonly startTime: string;
  /** Whether it was stopped (SIGSTOP, a debugger), and not continued. */
  readonly stopped: boolean;
}

/** The identity of a process that runs now; undefined when there is none. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const found = lookAt(pid);
  return found && { pid, startTime: found.startTime };
}

function lookAt(pid: number): ProcessLook | undefined {
  return process.platform === 'linux' ? lookInProc(pid) : askPs(pid);
}

let current: ProcessIdentity | undefined;

/** The identity of this very process. */
export function currentProcess(): ProcessIdentity {
  current ??= identifyProcess(process.pid) ?? { pid: process.pid, startTime: String(performance.timeOrigin) };
  return current;
}

/** Whether that very process still runs; another one with its id does not count. */
export function isProcessAlive(identity: ProcessIdentity): boolean {
  return lookAt(identity.pid)?.startTime === identity.startTime;
}

/** As {@link isProcessAlive}; `stopped` where it lives, but does not run. */
export function processState({ pid, startTime }: ProcessIdentity): 'alive' | 'stopped' | 'gone' {
  const found = lookAt(pid);
  if (found?.startTime !== startTime) return 'gone';
  return found.stopped ? 'stopped' : 'alive';
}

let boot: string | undefined;

/** What this boot of the system is called; empty where the system does not say. */
export function bootId(): string {
  try {
    boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    boot = '';
  }
  return boot;
}

/** The start time is `<boot id>/<clock ticks since boot>`; a zombie counts as ended. @see proc(5), /proc/[pid]/stat */
function lookInProc(pid: number): ProcessLook | undefined {
  const stat = readProcessStat(pid);
  if (!stat || stat.isZombie) return undefined;
  return { startTime: `${bootId()}/${stat.startTicks}`, stopped: stat.isStopped };
}

function askPs(pid: number): ProcessLook | undefined {
  try {
    const [, state = '', startTime = ''] =
      /^(\S+)\s+(.*)$/.exec(
        execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
          encoding: 'utf8',
          timeout: 5000,
          stdio: ['ignore', 'pipe', 'ignore'],
        }).trim(),
      ) ?? [];
    return startTime ? { startTime, stopped: /^[Tt]/.test(state) } : undefined;
  } catch {
    return undefined;
  }
}
