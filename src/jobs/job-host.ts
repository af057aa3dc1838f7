import { closeSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isName } from '../contract/names.ts';
import { type PlannedFile, relativeToMl } from '../contract/paths.ts';
import { SluiceError } from '../core/errors.ts';
import {
  makeBelow,
  readBelow,
  removeTree,
  splitPlace,
  type TreePlace,
  withDirectory,
} from '../core/tree/index.ts';
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
    const mlDirectory = join(life.directory, name, 'opt', 'ml');
    mkdirSync(mlDirectory, { recursive: true });
    for (const path of options.directories) makeBelow(jobPlace(mlDirectory, path)).close();
    for (const file of options.files?.(name) ?? []) writePlannedFile(mlDirectory, file);
    const path = join(life.logDirectory, `${name}.log`);
    if (name.includes('/')) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return { name, index, mlDirectory, log: new LogWriter({ path, clock: life.context.clock, onLines }) };
  });
}

/** The place on this machine of a path in the job. @throws SluiceError `InvalidArgument` when it is not under /opt/ml. */
export function hostPath(mlDirectory: string, path: string): string {
  return join(mlDirectory, jobPlace(mlDirectory, path).path);
}

/** As {@link hostPath}, for what reaches it without following the links of a job. */
export function jobPlace(mlDirectory: string, path: string): TreePlace {
  const relative = relativeToMl(path);
  if (relative === undefined) {
    throw new SluiceError('InvalidArgument', `Expected a path under /opt/ml, got '${path}'.`);
  }
  return { root: mlDirectory, path: relative };
}

/** The first bytes of a file that a job may have left, or undefined. Symbolic links count as none. */
export function readJobFile(host: JobHost, path: string, maxBytes: number): Buffer | undefined {
  return readBelow(jobPlace(host.mlDirectory, path), maxBytes);
}

/** What was /opt/ml on a host, and in the containers of one that has several: what else lies beside it is no name of one. Links are none. */
export function mlDirectoriesOf(hostDirectory: string): string[] {
  const below =
    withDirectory({ root: hostDirectory, path: '' }, (directory) => [...directory.entries()]) ?? [];
  const containers = below.filter(({ name, kind }) => kind === 'directory' && isName(name));
  return [hostDirectory, ...containers.map(({ name }) => join(hostDirectory, name))]
    .filter((directory, index) => index === 0 || hasMl(directory))
    .map((directory) => join(directory, 'opt', 'ml'));
}

function hasMl(root: string): boolean {
  return withDirectory({ root, path: 'opt' }, (opt) => opt.stat('ml')?.isDirectory()) ?? false;
}

/** Removes the data of a job; logs stay. */
export async function removeData(names: readonly string[], directory: string): Promise<void> {
  await Promise.all(names.map((name) => removeTree(join(directory, name))));
}

function writePlannedFile(mlDirectory: string, file: PlannedFile): void {
  const { parent, name } = splitPlace(jobPlace(mlDirectory, file.path));
  using directory = makeBelow(parent);
  directory.unlink(name);
  const fd = directory.createFile(name);
  try {
    writeFileSync(fd, file.content);
  } finally {
    closeSync(fd);
  }
}

/** Writes what is held back of every host's log and closes it. */
export function closeLogs(hosts: readonly JobHost[]): void {
  for (const host of hosts) host.log.close();
}

/** Writes what is held back of every host's log. */
export function flushLogs(hosts: readonly JobHost[]): void {
  for (const host of hosts) host.log.flush();
}
