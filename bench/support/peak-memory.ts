import { readFileSync } from 'node:fs';

/**
 * The most memory that this process has had resident, bytes. Not `maxRSS`: Linux begins that of a new program with its
 * parent's.
 */
export function peakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
