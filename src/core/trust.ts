/**
 * Which files of working directories the user trusts: a file each in the home's `trusted/`, that its owner alone may
 * read, with the path and the digest of what was trusted. A file whose text has changed is not trusted any more.
 */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SluiceError, systemErrorCode } from './errors.ts';
import { trustDirectory } from './home.ts';
import { makeHome } from './make-home.ts';
import { writeWhole } from './write-whole.ts';

/** What the home knows of a file: trusted as it is, another text was, or nothing. */
export type Trust = 'trusted' | 'changed' | 'unknown';

/** Whether a file with this text is trusted. */
export function trustOf(home: string, path: string, text: string): Trust {
  try {
    const { digest, path: known } = JSON.parse(readFileSync(recordOf(home, path), 'utf8')) as Partial<Entry>;
    if (known !== wholePath(path)) return 'unknown';
    return digest === digestOf(text) ? 'trusted' : 'changed';
  } catch {
    return 'unknown';
  }
}

/** Trusts a file with this text, until it changes. Idempotent. @throws SluiceError `HomeReadOnly` */
export function trustFile(home: string, path: string, text: string): void {
  const record = recordOf(home, path);
  try {
    makeHome(home);
    const entry: Entry = { path: wholePath(path), digest: digestOf(text) };
    writeWhole(record, `${JSON.stringify(entry)}\n`, { mode: 0o600, flush: true });
  } catch (error) {
    if (!['EACCES', 'EROFS', 'EPERM'].includes(systemErrorCode(error) ?? '')) throw error;
    throw new SluiceError('HomeReadOnly', `${record} cannot be written.`, { cause: error });
  }
}

/** Trusts a file no longer. Idempotent. */
export function distrustFile(home: string, path: string): void {
  rmSync(recordOf(home, path), { force: true });
}

interface Entry {
  readonly path: string;
  readonly digest: string;
}

function recordOf(home: string, path: string): string {
  return join(trustDirectory(home), `${createHash('sha256').update(wholePath(path)).digest('hex')}.json`);
}

/**
 * In its directory without symbolic links. A file that is itself one is not the file that it leads to: what it says of
 * relative paths is of the place where it lies, which may be a stranger's.
 */
function wholePath(path: string): string {
  const directory = dirname(path);
  return directory === path ? path : join(withoutLinks(directory), basename(path));
}

function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return wholePath(path);
  }
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
