import { randomUUID } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { makeHome } from '../../core/make-home.ts';

/**
 * The text of a file of a home that its owner alone may read; of several processes that make it at once, all get the same.
 *
 * @throws SluiceError `HomeReadOnly`
 */
export function readOrMakePrivate(path: string, make: () => string): string {
  const before = readPrivate(path);
  if (before !== undefined) return before;
  const own = `${path}.${randomUUID()}.part`;
  try {
    makeHome(dirname(path));
    writeFileSync(own, make(), { mode: 0o600, flag: 'wx', flush: true });
    linkSync(own, path);
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    if (code === 'EEXIST') return readPrivate(path) ?? readOrMakePrivate(path, make);
    if (!['EACCES', 'EROFS', 'EPERM'].includes(code)) throw error;
    throw new SluiceError('HomeReadOnly', `${path} cannot be written.`, { cause: error });
  } finally {
    rmSync(own, { force: true });
  }
  return readFileSync(path, 'utf8');
}

function readPrivate(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return undefined;
  if ((stats.mode & 0o077) !== 0) chmodSync(path, 0o600);
  return readFileSync(path, 'utf8');
}
