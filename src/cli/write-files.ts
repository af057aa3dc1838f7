import { join } from 'node:path';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { writeWhole } from '../core/write-whole.ts';

/** Writes files under a directory, each whole or not at all. @returns their paths @throws SluiceError `InvalidArgument` */
export function writeFiles(
  directory: string,
  files: readonly { readonly name: string; readonly text: string }[],
): string[] {
  return files.map(({ name, text }) => {
    const path = join(directory, name);
    try {
      writeWhole(path, text);
      return path;
    } catch (cause) {
      throw new SluiceError('InvalidArgument', `'${path}' cannot be written: ${errorMessage(cause)}`, {
        cause,
      });
    }
  });
}
