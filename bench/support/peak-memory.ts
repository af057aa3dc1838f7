import { readFileSync } from 'node:fs';

/**
 * The most memory that this process has had resident, bytes. Not `maxRSS`: Linux begins that of a new program with its
 * parent's.
 */
export function peakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return peakMemoryOf(readFileSync('/proc/self/status', 'utf8'));
}

/** The same, from the text of a process's `/proc/<pid>/status`. */
export function peakMemoryOf(status: string): number {
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
}
