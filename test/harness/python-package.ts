import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiledPython, pythonWith } from './python.ts';
import { mainFile, type ProgramResult, startProgram } from './sluice.ts';

/** The directory of the package for Python. */
export const pythonPackage = fileURLToPath(new URL('../../python', import.meta.url));

/** What the package depends on, and what its tests use. */
const PACKAGES = ['boto3', 'pathspec', 'pytest'];

/** How Python is started. */
export interface PythonOptions {
  readonly cwd?: string;
  readonly home?: string;
  /** Further packages, of the Python package index. */
  readonly packages?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs Python with the package as its sources are, and the program as it is. */
export async function runPython(
  args: readonly string[],
  { cwd, home, packages = [], environment: more }: PythonOptions = {},
): Promise<ProgramResult> {
  const environment = await pythonWith(...PACKAGES, ...packages);
  return startProgram(join(environment, 'bin', 'python'), args, {
    ...(cwd !== undefined && { cwd }),
    ...(home !== undefined && { home }),
    environment: {
      PYTHONPATH: `${pythonPackage}/src:${pythonPackage}/compat/src`,
      PYTHONPYCACHEPREFIX: compiledPython,
      SLUICE: mainFile,
      ...more,
    },
  }).ended;
}

/** Runs test files of the package with pytest. */
export async function runPytest(
  files: readonly string[],
  packages: readonly string[] = [],
): Promise<ProgramResult> {
  const directory = join(tmpdir(), `pytest-${process.pid}`);
  try {
    const options = ['-p', 'sluice.pytest_plugin', '-p', 'no:cacheprovider', '--basetemp', directory, '-q'];
    const paths = files.map((file) => join(pythonPackage, 'tests', file));
    return await runPython(['-m', 'pytest', ...options, ...paths], { packages });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
