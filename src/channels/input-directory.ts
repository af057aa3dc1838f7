import { dirname, relative } from 'node:path';
import { makeDirectories } from '../core/make-directories.ts';
import { makeBelow } from '../core/tree/index.ts';
import type { InputOptions } from './channel.ts';

/** Makes a channel's directory in the job's own. @throws SluiceError `InvalidArgument` where a link is on the way */
export function makeInputDirectory({
  directory,
  root = dirname(directory),
}: Pick<InputOptions, 'directory' | 'root'>): void {
  makeDirectories(root);
  makeBelow({ root, path: relative(root, directory) }).close();
}
