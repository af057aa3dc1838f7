import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { SluiceError } from '../../core/errors.ts';

/**
 * Refuses symbolic links that lead out of a directory, or to nothing: in an archive they would be broken at best.
 *
 * @throws SluiceError `InvalidArgument` that names the link
 */
export function checkLinks(directory: string): void {
  const root = realpathSync(directory);
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    if (staysWithin(root, path)) continue;
    throw new SluiceError(
      'InvalidArgument',
      `The symbolic link ${path.slice(directory.length + 1)} leads out of the directory, to ${readlinkSync(path)}.`,
      { hint: 'Copy what it points to instead, or link to it by a relative path.' },
    );
  }
}

/** An absolute target means another place wherever the archive is unpacked. */
function staysWithin(root: string, path: string): boolean {
  if (readlinkSync(path).startsWith('/')) return false;
  try {
    return `${realpathSync(path)}${sep}`.startsWith(root + sep);
  } catch {
    return false;
  }
}
