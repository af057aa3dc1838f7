import { readConfiguration } from '../core/config.ts';
import { configurationFiles } from '../core/configuration-files.ts';
import { SluiceError } from '../core/errors.ts';
import type { CliContext } from './context.ts';

/** One file of the configuration, looked at. */
export interface CheckedFile {
  readonly file: string;
  readonly status: 'well' | 'absent' | 'wrong';
  /** What is wrong, with the file's name. */
  readonly problem?: string;
}

/** Looks at the files of the configuration, or at these. */
export async function checkConfiguration(
  { paths }: Pick<CliContext, 'paths'>,
  named: readonly string[] = [],
): Promise<CheckedFile[]> {
  const files = named.length > 0 ? named : configurationFiles(paths.home, process.cwd());
  return Promise.all(files.map(checkFile));
}

async function checkFile(file: string): Promise<CheckedFile> {
  try {
    return { file, status: (await readConfiguration(file)) === undefined ? 'absent' : 'well' };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { file, status: 'wrong', problem: error.message };
  }
}
