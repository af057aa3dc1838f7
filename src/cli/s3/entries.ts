import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, systemErrorCode } from '../../core/errors.ts';
import { decodeFileName, fileNameBytes, filePath, isTextName, showFileName } from '../../core/file-name.ts';
import type { OpenStores } from '../../objects/index.ts';
import { asPrefix, type Place } from './place.ts';

/** A file or an object under a place. */
export interface Entry {
  /** Its path below the place, with slashes. */
  readonly relative: string;
  readonly place: Place;
  /** Bytes. */
  readonly size: number;
  readonly modified: Date;
  readonly etag?: string;
}

/** Told of a file that is there, but cannot become an object. */
export type OnLeftOut = (path: string, relative: string, why: string) => void;

/** Whose objects, and what ends the listing. */
export interface EntriesOptions {
  readonly stores: OpenStores;
  readonly signal: AbortSignal;
}

/** All files or objects under a place, in the order of their bytes. Links are followed, but not around. */
export async function* listEntries(
  { stores, signal }: EntriesOptions,
  place: Place,
  onLeftOut: OnLeftOut = () => undefined,
): AsyncGenerator<Entry> {
  if (place.kind === 'local') yield* listFiles({ directory: place.path, base: '', above: [], onLeftOut });
  if (place.kind !== 's3') return;
  const prefix = asPrefix(place.key);
  for await (const { key, size, lastModified, etag } of stores
    .store(place.bucket)
    .list(place.bucket, { prefix, signal })) {
    const relative = key.slice(prefix.length);
    // A key that ends in a slash stands for a directory in consoles, and holds nothing.
    if (relative === '' || key.endsWith('/')) continue;
    yield {
      relative,
      place: { kind: 's3', bucket: place.bucket, key },
      size,
      modified: lastModified,
      ...(etag !== undefined && { etag }),
    };
  }
}

interface Walk {
  readonly directory: string;
  /** With a slash at its end, but for the first. */
  readonly base: string;
  /** The real paths of the directories that it is in. */
  readonly above: readonly string[];
  readonly onLeftOut: OnLeftOut;
}

async function* listFiles({ directory, base, above, onLeftOut }: Walk): AsyncGenerator<Entry> {
  const real = decodeFileName(await realpath(filePath(directory), { encoding: 'buffer' }));
  if (above.includes(real)) return onLeftOut(directory, base, 'it is a link to a directory that it is in');
  for (const { name, stats } of await readDirectory(directory, base, onLeftOut)) {
    const path = join(directory, name);
    const relative = base + name;
    if (stats.isDirectory())
      yield* listFiles({ directory: path, base: `${relative}/`, above: [...above, real], onLeftOut });
    else if (!isTextName(relative)) onLeftOut(path, relative, 'its name is no UTF-8, which a key has to be');
    else if (!stats.isFile()) onLeftOut(path, relative, 'it is no regular file');
    else
      yield {
        relative,
        place: { kind: 'local', path, directory: false },
        size: stats.size,
        modified: stats.mtime,
      };
  }
}

interface Found {
  readonly name: string;
  readonly stats: Stats;
}

async function readDirectory(directory: string, base: string, onLeftOut: OnLeftOut): Promise<Found[]> {
  const names = (await readdir(filePath(directory), { encoding: 'buffer' })).map(decodeFileName);
  const found: (Found & { readonly order: Buffer })[] = [];
  for (const name of names) {
    const path = join(directory, name);
    try {
      const stats = await stat(filePath(path));
      found.push({ name, stats, order: fileNameBytes(stats.isDirectory() ? `${name}/` : name) });
    } catch (error) {
      const gone = systemErrorCode(error) === 'ENOENT';
      onLeftOut(path, base + name, gone ? 'it is gone, or a link to nothing' : errorMessage(error));
    }
  }
  return found.sort((a, b) => Buffer.compare(a.order, b.order));
}

/** Tells of what was wanted and is not uploaded as of a failure: nothing is left out without a word. */
export function leftOutBy(
  progress: { failed(action: string, source: string, message: string): void },
  wanted: (relative: string) => boolean,
): OnLeftOut {
  return (path, relative, why) => {
    if (wanted(relative)) progress.failed('upload', showFileName(path), why);
  };
}
