import { existsSync, readFileSync } from 'node:fs';
import { DEFAULT_LIMITS, type ResourceLimits } from '../../core/resource-limits.ts';

const GIBIBYTE = 2 ** 30;
/** Part of util-linux, which every distribution has but the smallest ones. */
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'];

/** How its report of a program that cannot be started begins. */
export const LIMITER_WORDS = 'prlimit: failed to execute ';

/** What runs a command within limits; nothing where this machine has no `prlimit`. */
export function limitArguments(limits: ResourceLimits = DEFAULT_LIMITS): string[] {
  const program = PRLIMIT.find((path) => existsSync(path));
  if (program === undefined) return [];
  return [
    program,
    `--nproc=${lowered('Max processes', mostProcesses(limits))}`,
    `--nofile=${lowered('Max open files', limits.openFiles)}`,
    `--fsize=${lowered('Max file size', limits.fileSizeInGiB * GIBIBYTE)}`,
    '--',
  ];
}

/** Half of what the machine can have, at most: the other half is everybody else's. */
export function mostProcesses({ processes }: ResourceLimits = DEFAULT_LIMITS): number {
  const machine = Number(readText('/proc/sys/kernel/pid_max')) || processes * 2;
  return Math.min(processes, Math.floor(machine / 2));
}

/** A limit cannot be raised above the one that this process has. */
function lowered(name: string, wanted: number): number {
  const line = readText('/proc/self/limits')
    .split('\n')
    .find((each) => each.startsWith(name));
  const hard = Number(line?.slice(name.length).trim().split(/\s+/)[1]);
  return Number.isFinite(hard) ? Math.min(wanted, hard) : wanted;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
