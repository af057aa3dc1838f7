import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isName } from '../contract/names.ts';
import type { PlannedFile } from '../contract/paths.ts';
import { removeTree, withDirectory } from '../core/tree/index.ts';
import { type Host, type LineSink, makeHostFiles } from '../hosts/index.ts';
import type { JobLife } from './job-life.ts';
import { LogWriter } from './logs/log-writer.ts';

/** One host of a job: its own `/opt/ml` and its log. */
export interface JobHost extends Host {
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

/** Makes each host's directory with its files, and opens its log. */
export function makeHosts(options: MakeHostsOptions): JobHost[] {
  const { life, onLines } = options;
  mkdirSync(life.logDirectory, { recursive: true, mode: 0o700 });
  return options.names.map((name, index) => {
    const mlDirectory = join(life.directory, name, 'opt', 'ml');
    makeHostFiles(mlDirectory, options.directories, options.files?.(name) ?? []);
    const path = join(life.logDirectory, `${name}.log`);
    if (name.includes('/')) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return { name, index, mlDirectory, log: new LogWriter({ path, clock: life.context.clock, onLines }) };
  });
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

/** Writes what is held back of every host's log and closes it. */
export function closeLogs(hosts: readonly JobHost[]): void {
  for (const host of hosts) host.log.close();
}

/** Writes what is held back of every host's log. */
export function flushLogs(hosts: readonly JobHost[]): void {
  for (const host of hosts) host.log.flush();
}
