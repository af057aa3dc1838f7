import { constants, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type PlannedFile, relativeToMl } from '../contract/paths.ts';
import { SluiceError } from '../core/errors.ts';
import type { JobLife } from './job-life.ts';
import type { LineSink } from './logs/log-splitter.ts';
import { LogWriter } from './logs/log-writer.ts';

/** One host of a job: its own `/opt/ml` and its log. */
export interface JobHost {
  /** `algo-1`, …; of several containers `algo-1/first`. */
  readonly name: string;
  /** From 0. */
  readonly index: number;
  /** The directory on this machine that the job sees as `/opt/ml`. */
  readonly mlDirectory: string;
  readonly log: LogWriter;
}

/** How to make the hosts of a job. */
export interface MakeHostsOptions {
  readonly life: JobLife;
  readonly names: readonly string[];
  /** Directories under `/opt/ml` that exist before the start. */
  readonly directories: readonly string[];
  readonly files?: (host: string) => readonly PlannedFile[];
  /** Sees every line of every host's log. */
  readonly onLines?: LineSink | undefined;
}

/**
 * Makes each host's directory with its files, and opens its log. A few small files: done at once, they cost a
 * fraction of what they would through the thread pool.
 */
export function makeHosts(options: MakeHostsOptions): JobHost[] {
  const { life, onLines } = options;
  mkdirSync(life.logDirectory, { recursive: true, mode: 0o700 });
  return options.names.map((name, index) => {
    const mlDirectory = join(life.record.directory, name, 'opt', 'ml');
    for (const path of options.directories) mkdirSync(hostPath(mlDirectory, path), { recursive: true });
    for (const file of options.files?.(name) ?? []) writePlannedFile(mlDirectory, file);
    const path = join(life.logDirectory, `${name}.log`);
    if (name.includes('/')) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return { name, index, mlDirectory, log: new LogWriter({ path, clock: life.context.clock, onLines }) };
  });
}

/** The place on this machine of a path in the job. @throws SluiceError `InvalidArgument` when it is not under /opt/ml. */
export function hostPath(mlDirectory: string, path: string): string {
  const relative = relativeToMl(path);
  if (relative === undefined) {
    throw new SluiceError('InvalidArgument', `Expected a path under /opt/ml, got '${path}'.`);
  }
  return join(mlDirectory, relative);
}

/** The bytes of a file that a job may have left, or undefined. Symbolic links count as none. */
export async function readJobFile(
  host: JobHost,
  path: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  const file = await open(hostPath(host.mlDirectory, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(
    () => undefined,
  );
  if (!file) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What was /opt/ml on a host, and in the containers of one that has several. */
export async function mlDirectoriesOf(hostDirectory: string): Promise<string[]> {
  const below = await readdir(hostDirectory).catch(() => []);
  return [hostDirectory, ...below.map((name) => join(hostDirectory, name))]
    .map((directory) => join(directory, 'opt', 'ml'))
    .filter((directory, index) => index === 0 || existsSync(directory));
}

/** Removes the data of a job; logs stay. */
export async function removeData(names: readonly string[], directory: string): Promise<void> {
  await Promise.all(
    names.map((name) => rm(join(directory, name), { recursive: true, force: true, maxRetries: 3 })),
  );
}

function writePlannedFile(mlDirectory: string, file: PlannedFile): void {
  const path = hostPath(mlDirectory, file.path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.content);
}

/** Writes what is held back of every host's log and closes it. */
export function closeLogs(hosts: readonly JobHost[]): void {
  for (const host of hosts) host.log.close();
}

/** Writes what is held back of every host's log. */
export function flushLogs(hosts: readonly JobHost[]): void {
  for (const host of hosts) host.log.flush();
}
