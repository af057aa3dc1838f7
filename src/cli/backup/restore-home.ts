import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SluiceError } from '../../core/errors.ts';
import { type HomePaths, homePaths } from '../../core/home.ts';
import { findDamage, moveDatabase, openDatabase } from '../../state/index.ts';
import { type BackupMarker, beside, MARKER } from './backup-home.ts';
import { removeStrange } from './remove-strange.ts';
import { runTar } from './run-tar.ts';

/** What was restored. */
export interface RestoredHome {
  readonly time: Date;
  /** Names in the archive. */
  readonly leftOut: readonly string[];
}

/**
 * Makes a home of a backup. It is put together beside its place, and takes it only when it is whole.
 *
 * @returns when the backup was made, and what of the archive was left out because no backup holds it
 * @throws SluiceError `InvalidArgument` where the home is not empty or the file is no backup, `HomeDamaged`, `DiskFull`
 */
export async function restoreHome(paths: HomePaths, file: string): Promise<RestoredHome> {
  await expectEmpty(paths.home);
  if (!existsSync(file)) throw new SluiceError('InvalidArgument', `FILE: there is no file '${file}'.`);
  const made = beside(paths.home);
  await mkdir(dirname(paths.home), { recursive: true });
  await mkdir(made, { mode: 0o700 });
  try {
    await unpack(file, made);
    const leftOut = await removeStrange(await realpath(made));
    const { time } = await readMarker(made, file);
    await rm(join(made, MARKER));
    await chmod(made, 0o700);
    await fitDatabase(made);
    // An empty directory gives way.
    await rmdir(paths.home).catch(() => undefined);
    await rename(made, paths.home);
    return { time: new Date(time), leftOut };
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

async function unpack(file: string, directory: string): Promise<void> {
  try {
    const options = ['--no-same-owner', '--no-same-permissions'];
    // tar takes what stands before a colon for another machine, unless a slash comes first.
    await runTar(['--extract', ...options, `--file=${resolve(file)}`, `--directory=${directory}`]);
  } catch (error) {
    if (!(error instanceof SluiceError && error.code === 'InvalidArgument')) throw error;
    throw new SluiceError(
      'InvalidArgument',
      `FILE: '${file}' is no archive that tar can read: ${error.message}`,
      {
        cause: error,
        hint: 'Name a file that `sluice backup` has written.',
      },
    );
  }
}

async function expectEmpty(home: string): Promise<void> {
  const there = await readdir(home).catch((): string[] => []);
  if (there.length === 0) return;
  throw new SluiceError('InvalidArgument', `The home ${home} is not empty; nothing was restored.`, {
    hint: 'Name an empty one with --home, or move this one away first.',
  });
}

async function readMarker(directory: string, file: string): Promise<BackupMarker> {
  try {
    const marker = JSON.parse(await readFile(join(directory, MARKER), 'utf8')) as BackupMarker;
    const whole = marker.format === 1 && typeof marker.time === 'string';
    if (whole && existsSync(homePaths(directory).database)) return marker;
  } catch {
    // Any other archive.
  }
  throw new SluiceError('InvalidArgument', `FILE: '${file}' is no backup of this version of Sluice.`);
}

async function fitDatabase(home: string): Promise<void> {
  const state = await openDatabase(homePaths(home));
  try {
    const damage = await findDamage(state);
    if (damage !== undefined)
      throw new SluiceError('HomeDamaged', `The backup's database is damaged: ${damage}`);
    await moveDatabase(state);
  } finally {
    await state.close();
  }
}
