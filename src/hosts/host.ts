import { closeSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PlannedFile, relativeToMl } from '../contract/paths.ts';
import { SluiceError } from '../core/errors.ts';
import { makeBelow, readBelow, splitPlace, type TreePlace } from '../core/tree/index.ts';

/** One host of a job: its own `/opt/ml`. */
export interface Host {
  /** `algo-1`, …; of several containers `algo-1/first`. */
  readonly name: string;
  /** From 0. */
  readonly index: number;
  /** The directory on this machine that the job sees as `/opt/ml`. */
  readonly mlDirectory: string;
  /** Where lines of Sluice's own go. */
  readonly log: { note(text: string): void };
}

/** A file to write before a job starts, of any bytes. */
export interface HostFile extends Omit<PlannedFile, 'content'> {
  readonly content: string | Uint8Array;
}

/**
 * Makes a host's directory with its files. A few small files: done at once, they cost a fraction of what they would
 * through the thread pool.
 */
export function makeHostFiles(
  mlDirectory: string,
  directories: readonly string[],
  files: readonly HostFile[],
): void {
  mkdirSync(mlDirectory, { recursive: true });
  for (const path of directories) makeBelow(jobPlace(mlDirectory, path)).close();
  for (const file of files) writePlannedFile(mlDirectory, file);
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
export function readJobFile(
  host: Pick<Host, 'mlDirectory'>,
  path: string,
  maxBytes: number,
): Buffer | undefined {
  return readBelow(jobPlace(host.mlDirectory, path), maxBytes);
}

function writePlannedFile(mlDirectory: string, file: HostFile): void {
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
