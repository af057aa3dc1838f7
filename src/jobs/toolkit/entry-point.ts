import { closeSync, fchmodSync } from 'node:fs';
import { interpreterFor } from '../../contract/images.ts';
import { quoteForShell } from '../../core/quote-for-shell.ts';
import { openBelow, placeIn, splitPlace, type TreePlace, withDirectory } from '../../core/tree/index.ts';

/**
 * How the toolkit runs a user's entry point. `node` is ours: a script for Node.js, where no framework's image is asked for.
 *
 * @see https://github.com/aws/sagemaker-training-toolkit/blob/master/src/sagemaker_training/_entry_point_type.py
 */
export type EntryPointType = 'package' | 'program' | 'command' | 'node';

/** The type of an entry point. `files` are the names in the code directory; `framework`, whether its image is a framework's. Pure. */
export function entryPointType(name: string, files: readonly string[], framework: boolean): EntryPointType {
  if (!framework && interpreterFor(name) === 'node') return 'node';
  if (name.endsWith('.sh')) return 'command';
  if (files.includes('setup.py')) return 'package';
  return name.endsWith('.py') ? 'program' : 'command';
}

/** The command of an entry point, to run in the code directory. Pure. */
export function entryPointCommand(
  type: EntryPointType,
  name: string,
  python: string,
  parameters: readonly string[],
): [string, ...string[]] {
  if (type === 'package') return [python, '-m', name.replace('.py', ''), ...parameters];
  if (type === 'program') return [python, name, ...parameters];
  if (type === 'node') return ['node', name, ...parameters];
  return ['/bin/sh', '-c', [`./${name}`, ...parameters.map(quoteForShell)].join(' ')];
}

/** Reads the type from the code directory; a command is made executable. */
export function readEntryPoint(name: string, code: TreePlace, framework: boolean): EntryPointType {
  const names =
    withDirectory(code, (directory) => Array.from(directory.entries(), (entry) => entry.name)) ?? [];
  const type = entryPointType(name, names, framework);
  if (type === 'command') makeExecutable(placeIn(code, name));
  return type;
}

/** What is no file of the code is left as it is: running it tells what is wrong. */
function makeExecutable(place: TreePlace): void {
  const { parent, name } = splitPlace(place);
  try {
    using directory = openBelow(parent);
    const fd = directory?.openFile(name);
    if (fd === undefined) return;
    fchmodSync(fd, 0o777);
    closeSync(fd);
  } catch {
    // A link is on the way, or the name leads out of the code.
  }
}
