import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LocalPython } from './python.ts';

/** A virtual environment to make. */
export interface EnvironmentDirectory {
  /** Absolute; the same path in the job, because programs inside name it. */
  readonly directory: string;
  readonly python: LocalPython;
  /** Other environments whose packages it has too; earlier ones win. */
  readonly layers: readonly string[];
  /** A directory of packages that count only where nothing else has them. */
  readonly last?: string | undefined;
}

/** Where `pip install --user` puts packages and programs, in a job's own environment. */
export function userBase(directory: string): string {
  return join(directory, 'user');
}

/** Makes the place of a user's packages, so that it is on the path of every Python that starts. */
export async function makeUserBase(directory: string, python: LocalPython): Promise<void> {
  await mkdir(sitePackagesOf(userBase(directory), python), { recursive: true });
}

/** The interpreter of an environment. */
export function environmentPython(directory: string): string {
  return join(directory, 'bin', 'python3');
}

/**
 * Makes an empty virtual environment on top of the local Python and of other environments, without starting a
 * Python: a link to the interpreter, and PEP 405's `pyvenv.cfg`.
 *
 * @see https://peps.python.org/pep-0405/
 */
export async function makeEnvironment({
  directory,
  python,
  layers,
  last,
}: EnvironmentDirectory): Promise<void> {
  const bin = join(directory, 'bin');
  const sitePackages = sitePackagesOf(directory, python);
  await mkdir(bin, { recursive: true });
  await mkdir(sitePackages, { recursive: true });
  await symlink(python.baseExecutable, join(bin, 'python3'));
  await Promise.all(['python', `python${python.version}`].map((name) => symlink('python3', join(bin, name))));
  await writeFile(join(directory, 'pyvenv.cfg'), configuration(python));
  const below = [...layers.map((layer) => sitePackagesOf(layer, python)), ...python.sitePackages];
  if (last !== undefined) below.push(last);
  if (below.length > 0) await writeFile(join(sitePackages, 'sluice-layers.pth'), layersFile(below));
  await Promise.all(['pip', 'pip3'].map((name) => writePip(join(bin, name), directory)));
}

/** Where the packages of an environment are. */
export function sitePackagesOf(directory: string, python: LocalPython): string {
  return join(directory, 'lib', `python${python.version}`, 'site-packages');
}

/** With the system's packages, last of all: pip installs nothing for a user where they are not seen. */
function configuration(python: LocalPython): string {
  return [
    `home = ${dirname(python.baseExecutable)}`,
    'include-system-site-packages = true',
    `version = ${python.fullVersion}`,
    '',
  ].join('\n');
}

/** `addsitedir` and not the bare path, so that the .pth files of a layer count too. */
function layersFile(directories: readonly string[]): string {
  return directories
    .map((directory) => `import site; site.addsitedir(${JSON.stringify(directory)})\n`)
    .join('');
}

/** The environment has no pip of its own: the local Python's installs into it. */
async function writePip(path: string, directory: string): Promise<void> {
  const python = environmentPython(directory).replaceAll("'", `'\\''`);
  await writeFile(path, `#!/bin/sh\nexec '${python}' -m pip "$@"\n`);
  await chmod(path, 0o755);
}
