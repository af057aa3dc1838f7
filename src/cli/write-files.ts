import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorMessage, SluiceError } from '../core/errors.ts';

/** Writes files under a directory, each whole or not at all. @returns their paths @throws SluiceError `InvalidArgument` */
export function writeFiles(
  directory: string,
  files: readonly { readonly name: string; readonly text: string }[],
): string[] {
  return files.map(({ name, text }) => {
    const path = join(directory, name);
    // A name that nobody can have put a link at.
    const part = `${path}.${randomUUID()}.part`;
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(part, text, { flag: 'wx' });
      renameSync(part, path);
      return path;
    } catch (cause) {
      rmSync(part, { force: true });
      throw new SluiceError('InvalidArgument', `'${path}' cannot be written: ${errorMessage(cause)}`, {
        cause,
      });
    }
  });
}
