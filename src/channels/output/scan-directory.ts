import type { Stats } from 'node:fs';
import { systemErrorCode } from '../../core/errors.ts';
import { showFileName } from '../../core/file-name.ts';
import { takeTurns } from '../../core/take-turns.ts';
import {
  openBelow,
  placeIn,
  splitPlace,
  type TreeDirectory,
  type TreeEntry,
  type TreePlace,
} from '../../core/tree/index.ts';
import { type LinkScope, resolveLink } from '../archive/link-target.ts';

/** Each has a descriptor open. */
const MOST_DIRECTORIES = 512;

/** A regular file below a directory. */
export interface ScannedFile {
  /** Its path below the directory. */
  readonly name: string;
  /** Where it lies: another path than its name where a link leads to it. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly mtimeMs: number;
  /** Changes with each change of the file, whatever a program makes of its time. */
  readonly version: string;
}

/** What to scan. */
export interface ScanOptions extends LinkScope {
  /** @default true */
  readonly followLinks?: boolean | undefined;
  /** Told of what is left out, one sentence. */
  readonly onLeftOut?: ((message: string) => void) | undefined;
}

/**
 * The regular files of a directory and of all below it. Links that stay within the directory are followed, those to a
 * directory not from within another such one; those that lead out are left out. What goes meanwhile is left out.
 *
 * @throws SluiceError `InvalidArgument` where a link is in the directory's own place
 */
export async function* scanDirectory(options: ScanOptions): AsyncGenerator<ScannedFile> {
  using directory = openBelow(options.place);
  if (directory)
    yield* scan(options, directory, { name: '', path: '', depth: 0, linked: false, ownTurn: takeTurns() });
}

interface Here {
  /** With a slash at its end, but for the directory itself. */
  readonly name: string;
  readonly path: string;
  readonly depth: number;
  /** A link has led here. */
  readonly linked: boolean;
  readonly ownTurn: () => Promise<void>;
}

async function* scan(
  options: ScanOptions,
  directory: TreeDirectory,
  here: Here,
): AsyncGenerator<ScannedFile> {
  if (here.depth > MOST_DIRECTORIES)
    return leaveOut(options, here.name, `is nested in more than ${MOST_DIRECTORIES} directories`);
  for (const { name, kind } of entriesOf(directory)) {
    await here.ownTurn();
    const [full, path] = [here.name + name, here.path + name];
    if (kind === 'link' && options.followLinks !== false) yield* follow(options, full, path, here);
    if (kind === 'directory') {
      using below = unlessGone(() => directory.directory(name));
      const there = { ...here, name: `${full}/`, path: `${path}/`, depth: here.depth + 1 };
      if (below) yield* scan(options, below, there);
    }
    const stats = kind === 'file' ? directory.stat(name) : undefined;
    if (stats?.isFile()) yield { name: full, path, ...factsOf(stats) };
  }
}

async function* follow(
  options: ScanOptions,
  name: string,
  path: string,
  here: Here,
): AsyncGenerator<ScannedFile> {
  const target = unlessGone(() => resolveLink(options, path)) ?? 'nothing';
  if (target === 'outside') return leaveOut(options, name, 'is a link that leads out of its directory');
  if (target === 'nothing') return leaveOut(options, name, 'is a link to nothing');
  const around = 'is a link to a directory that leads around';
  if (target.path === '') return leaveOut(options, name, around);
  const place = placeIn(options.place, target.path);
  const stats = unlessGone(() => statOf(place));
  if (stats?.isFile()) yield { name, path: target.path, ...factsOf(stats) };
  if (!stats?.isDirectory()) return;
  if (here.linked || `${path}/`.startsWith(`${target.path}/`)) return leaveOut(options, name, around);
  using below = unlessGone(() => openBelow(place));
  const there = { ...here, name: `${name}/`, path: `${target.path}/`, depth: here.depth + 1, linked: true };
  if (below) yield* scan(options, below, there);
}

function factsOf({ size, mtimeMs, ctimeMs, ino }: Stats): Pick<ScannedFile, 'size' | 'mtimeMs' | 'version'> {
  return { size, mtimeMs, version: `${ino} ${size} ${mtimeMs} ${ctimeMs}` };
}

function statOf(place: TreePlace) {
  const { parent, name } = splitPlace(place);
  using directory = openBelow(parent);
  return directory?.stat(name);
}

function leaveOut(options: ScanOptions, name: string, why: string): void {
  options.onLeftOut?.(`'${showFileName(name)}' was left out: it ${why}.`);
}

function* entriesOf(directory: TreeDirectory): Generator<TreeEntry> {
  try {
    yield* directory.entries();
  } catch (error) {
    unlessGone(() => {
      throw error;
    });
  }
}

/** A job that still runs may take anything away, or put something else there. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'InvalidArgument'].includes(code)) return undefined;
    throw error;
  }
}
