import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { childProcesses } from '../core/process-table.ts';

/** The state of a socket that waits for connections, in `/proc/net/tcp`. */
const LISTENS = '0A';

/**
 * The TCP ports at which a process or anything that it started listens, in whichever network it has, sorted. Empty where that
 * cannot be told: elsewhere than on Linux, and of other users' processes.
 *
 * @see proc(5), /proc/net/tcp
 */
export function listeningPorts(pid: number): number[] {
  if (process.platform !== 'linux') return [];
  const ports = family(pid).flatMap(portsOf);
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** More processes than this are not looked at. */
const MAX_PROCESSES = 1000;

/** A process and all that descends from it, however deep. */
function family(pid: number): number[] {
  const found = [pid];
  for (const each of found) if (found.length < MAX_PROCESSES) found.push(...childProcesses(each));
  return found;
}

function portsOf(pid: number): number[] {
  const listening = new Map<string, number>();
  for (const table of ['tcp', 'tcp6']) {
    for (const line of read(`/proc/${pid}/net/${table}`).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state === LISTENS) listening.set(inode, Number.parseInt(local.split(':')[1] ?? '', 16));
    }
  }
  return socketsOf(pid).flatMap((inode) => listening.get(inode) ?? []);
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const target = linkOf(`/proc/${pid}/fd/${fd}`);
      return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
    });
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** What has ended meanwhile, or is another user's, has nothing to say. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
