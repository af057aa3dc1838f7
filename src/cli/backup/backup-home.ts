import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { SluiceError } from '../../core/errors.ts';
import type { HomePaths } from '../../core/home.ts';
import { makeTemporaryDirectory } from '../../core/temporary-directory.ts';
import { backupDatabase } from '../../state/index.ts';
import { runTar } from './run-tar.ts';

/** What tells a backup from any other archive. */
export const MARKER = 'sluice-backup.json';

/** What the marker holds. */
export interface BackupMarker {
  readonly format: 1;
  /** The jobs' directory of the home: earlier versions of Sluice ask for it. */
  readonly jobs: string;
  /** ISO time. */
  readonly time: string;
}

/** Not in a backup: what is copied another way, what belongs to processes, what can be made again, secrets. */
const LEFT_OUT =
  /^(?:sluice\.db.*|server\.(?:json|lock).*|credentials\.json.*|job-credentials\.key.*|runners|cache|s3)$/;
/** Nor jobs' data, and what is not whole yet. */
const EXCLUDED = [
  './s3/.sluice/temporary',
  './jobs/training/*/algo-*',
  './jobs/processing/*/algo-*',
  './jobs/transform/*/algo-*',
  './jobs/*/*/merged',
];

/**
 * Writes a backup of a home while it may be in use: the database as it is at one moment, then everything that was
 * whole by then. An object is put in place whole, so none is half in it.
 *
 * @returns its size, bytes
 * @throws SluiceError `InvalidArgument` where the file exists or there is no home, `DiskFull`
 */
export async function backupHome(paths: HomePaths, file: string, now: Date): Promise<number> {
  const target = resolve(file);
  if (existsSync(target)) {
    throw new SluiceError('InvalidArgument', `FILE: '${file}' exists already.`, {
      hint: 'Name another file.',
    });
  }
  if (target.startsWith(`${paths.home}/`)) {
    throw new SluiceError('InvalidArgument', `FILE: '${file}' lies in the home that is to be backed up.`);
  }
  if (!existsSync(paths.database)) {
    throw new SluiceError('InvalidArgument', `There is no home at ${paths.home}.`, {
      hint: 'Name it with --home or SLUICE_HOME.',
    });
  }
  if (!existsSync(dirname(target))) {
    throw new SluiceError('InvalidArgument', `FILE: there is no directory '${dirname(target)}'.`, {
      hint: 'Make it, or name another file.',
    });
  }
  const temporary = await makeTemporaryDirectory(tmpdir(), 'sluice-backup');
  const part = `${target}.${randomUUID()}.part`;
  try {
    // As closed to others as the home itself, and no link that somebody has put there.
    await writeFile(part, '', { flag: 'wx', mode: 0o600 });
    await backupDatabase(paths, join(temporary, 'sluice.db'));
    const marker: BackupMarker = { format: 1, jobs: paths.jobs, time: now.toISOString() };
    await writeFile(join(temporary, MARKER), JSON.stringify(marker));
    await runTar([
      '--create',
      ...(/\.t?gz$/.test(file) ? ['--gzip'] : []),
      // Times to the nanosecond: a record of an object fits one version of its file.
      '--format=posix',
      '--sparse',
      `--file=${part}`,
      `--directory=${temporary}`,
      MARKER,
      'sluice.db',
      `--directory=${paths.home}`,
      '--anchored',
      '--no-wildcards-match-slash',
      ...EXCLUDED.map((pattern) => `--exclude=${pattern}`),
      ...(await placesOf(paths)),
    ]);
    await rename(part, target);
    return (await stat(target)).size;
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(part, { force: true });
  }
}

/** Everything else; the records of objects last: each is written before its object. */
async function placesOf({ home, objects }: HomePaths): Promise<string[]> {
  const names = (await readdir(home)).filter((name) => !LEFT_OUT.test(name));
  const buckets = await readdir(objects).catch((): string[] => []);
  const inOrder = buckets.sort((a, b) => Number(a.startsWith('.')) - Number(b.startsWith('.')));
  return [...names.map((name) => `./${name}`), ...inOrder.map((name) => `./s3/${name}`)];
}

/** Where a home is put together before it takes its place. */
export function beside(home: string): string {
  return join(dirname(home), `.sluice-restore-${process.pid}`);
}
