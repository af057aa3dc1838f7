import { lstatSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { writeWhole } from '../core/write-whole.ts';

/**
 * Writes files under a directory, each whole or not at all. No link leads out of it, nor to it out of the working directory.
 *
 * @returns their paths
 * @throws SluiceError `InvalidArgument`
 */
export function writeFiles(
  directory: string,
  files: readonly { readonly name: string; readonly text: string }[],
): string[] {
  return files.map(({ name, text }) => {
    const path = join(directory, name);
    expectNoLink(directory, path);
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

/** A repository that was cloned may bring a link of the name under which files are written. */
function expectNoLink(directory: string, path: string): void {
  const here = process.cwd();
  const whole = resolve(directory);
  const isHere = whole.startsWith(`${here}${sep}`);
  let at = isHere ? here : dirname(whole);
  for (const part of relative(at, dirname(resolve(path))).split(sep)) {
    at = join(at, part);
    if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    throw new SluiceError('InvalidArgument', `'${at}' is a link: nothing is written through it.`, {
      hint: 'Name the directory that it leads to, where you mean that one: --out DIRECTORY.',
    });
  }
}
