import { readdirSync, readlinkSync } from 'node:fs';
import { pollUntil } from '../../core/poll-until.ts';
import { listProcesses, readProcessStat } from '../../core/process-table.ts';

/** A process, told from a later one of the same number by its start. */
export interface ReaderProcess {
  readonly pid: number;
  /** In clock ticks since the machine's start. */
  readonly startTime: string;
}

/** A reader whose `open` has just been let through shows its file a moment later. */
const LOOK_MS = { everyMs: 2, limitMs: 20 };

/** The processes that have a FIFO open, without this one. Linux only: elsewhere none are found. */
export async function findReaders(fifo: string): Promise<ReaderProcess[]> {
  if (process.platform !== 'linux') return [];
  let found: ReaderProcess[] = [];
  await pollUntil(() => {
    found = processes().flatMap((pid) => (hasOpen(pid, fifo) ? asReader(pid) : []));
    return found.length > 0;
  }, LOOK_MS);
  return found;
}

/** Whether a reader still runs. A zombie does not. */
export function isRunning(reader: ReaderProcess): boolean {
  return asReader(reader.pid).some(({ startTime }) => startTime === reader.startTime);
}

function processes(): number[] {
  return listProcesses().filter((pid) => pid !== process.pid);
}

function hasOpen(pid: number, path: string): boolean {
  return (
    quietly(() => {
      const directory = `/proc/${pid}/fd`;
      return readdirSync(directory).some((fd) => quietly(() => readlinkSync(`${directory}/${fd}`)) === path);
    }) ?? false
  );
}

function asReader(pid: number): ReaderProcess[] {
  const stat = readProcessStat(pid);
  return stat && !stat.isZombie ? [{ pid, startTime: stat.startTicks }] : [];
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
