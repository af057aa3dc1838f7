import { closeSync, lstatSync, openSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { decodeFileName, filePath, showFileName } from '../../core/file-name.ts';
import { objectError, type SourceObject } from './source-object.ts';

/** A local path that a channel names, and what is there. */
export interface LocalPlace {
  readonly path: string;
  readonly directory: boolean;
}

/** @throws SluiceError `ChannelNotFound`, `AccessDenied`, `InvalidArgument` */
export function localPlace(channel: string, uri: string): LocalPlace {
  const path = pathOf(channel, uri);
  try {
    return { path: realpathSync(path), directory: statSync(path).isDirectory() };
  } catch (error) {
    if (systemErrorCode(error) === 'EACCES') {
      throw new SluiceError(
        'AccessDenied',
        `Channel '${channel}': ${path} cannot be read: permission denied.`,
      );
    }
    throw new SluiceError('ChannelNotFound', `Channel '${channel}': ${path} does not exist.`, {
      hint: 'Check the path of the channel.',
      cause: error,
    });
  }
}

function pathOf(channel: string, uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch (error) {
    throw new SluiceError('InvalidArgument', `Channel '${channel}': expected file:///path, got '${uri}'.`, {
      cause: error,
    });
  }
}

/**
 * The files of a directory and of all below it, in the order of their paths, as a store lists keys; or the one file.
 * Symbolic links are followed, but not around a circle.
 *
 * @throws SluiceError that names the file
 */
export async function* listLocal(place: LocalPlace): AsyncGenerator<SourceObject> {
  if (place.directory) yield* walk(place.path, '', [place.path]);
  else {
    checkReadable(place.path);
    yield { name: basename(place.path), size: statSync(place.path).size, file: place.path };
  }
}

async function* walk(path: string, base: string, above: readonly string[]): AsyncGenerator<SourceObject> {
  // Reading is synchronous, for speed; other work gets its turn at each directory.
  await turn();
  for (const { sortedAs, file, stats } of readDirectory(path)) {
    const name = base + sortedAs;
    if (stats.isFile()) {
      checkReadable(file);
      yield { name, size: stats.size, file };
    }
    if (stats.isDirectory() && !above.includes(file)) yield* walk(file, name, [...above, file]);
  }
}

/** A job must not begin, and then find a file of its data closed. Root may read everything. */
function checkReadable(file: string): void {
  if (process.geteuid?.() === 0) return;
  try {
    closeSync(openSync(filePath(file), 'r'));
  } catch (error) {
    throw objectError(error, { name: basename(file), file });
  }
}

interface Entry {
  /** A directory's name ends in `/`: so its files stand where a store would list them. */
  readonly sortedAs: string;
  /** Without symbolic links. */
  readonly file: string;
  readonly stats: Stats;
}

function readDirectory(path: string): Entry[] {
  let names: string[];
  try {
    names = readdirSync(filePath(path), { encoding: 'buffer' }).map(decodeFileName);
  } catch (error) {
    if (systemErrorCode(error) !== 'EACCES') throw error;
    throw new SluiceError('AccessDenied', `${path} cannot be read: permission denied.`, { cause: error });
  }
  const found = names.flatMap((name) => {
    const child = join(path, name);
    const own = lstatSync(filePath(child), { throwIfNoEntry: false });
    const isLink = own?.isSymbolicLink() ?? false;
    const stats = isLink ? statSync(filePath(child), { throwIfNoEntry: false }) : own;
    if (!stats && isLink) throw brokenLink(child);
    const file = isLink ? realPath(child) : child;
    return stats ? [{ sortedAs: stats.isDirectory() ? `${name}/` : name, file, stats }] : [];
  });
  return found.sort((a, b) => (a.sortedAs < b.sortedAs ? -1 : 1));
}

function realPath(path: string): string {
  return decodeFileName(realpathSync(filePath(path), { encoding: 'buffer' }));
}

function brokenLink(path: string): SluiceError {
  return new SluiceError('NoSuchKey', `${showFileName(path)} is a symbolic link to nothing.`, {
    hint: 'Remove the link, or restore what it points to.',
  });
}
