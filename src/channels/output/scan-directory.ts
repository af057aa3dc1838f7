import { type Dirent, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { systemErrorCode } from '../../core/errors.ts';

/** A regular file below a directory. */
export interface ScannedFile {
  /** Its path below the directory. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly mtimeMs: number;
}

/** The regular files of a directory and of all below it; symbolic links are not followed. What goes meanwhile is left out. */
export async function* scanDirectory(directory: string, base = ''): AsyncGenerator<ScannedFile> {
  await turn();
  for (const entry of entriesOf(join(directory, base))) {
    const name = base + entry.name;
    if (entry.isDirectory()) yield* scanDirectory(directory, `${name}/`);
    if (!entry.isFile()) continue;
    const stats = lstatSync(join(directory, name), { throwIfNoEntry: false });
    if (stats?.isFile()) yield { name, size: stats.size, mtimeMs: stats.mtimeMs };
  }
}

function entriesOf(path: string): Dirent[] {
  return unlessGone(() => readdirSync(path, { withFileTypes: true })) ?? [];
}

/** A directory's path without symbolic links; undefined where it does not exist. */
export function realDirectory(directory: string): string | undefined {
  return unlessGone(() => realpathSync(directory));
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
