import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isExecutableFile } from './find-program.ts';

/** A Python that works, with every directory that it needs. */
export interface PythonInstallation {
  /** Absolute path of the interpreter; never a shim. In a virtual environment, the environment's own. */
  readonly executable: string;
  /** To put on the `PATH`: holds `python3`. */
  readonly binDirectory: string;
  /** Absolute directories that have to be visible: the prefix, and the base prefix of a virtual environment. */
  readonly directories: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const PROBE_TIMEOUT_MS = 10_000;
const PROBE = 'import sys; print("\\n".join([sys.executable, sys.prefix, sys.base_prefix]))';

/** Shims by path and modification time: asking one costs the start of a Python. */
const resolvedShims = new Map<string, PythonInstallation | undefined>();

/**
 * The `python3` that a shell with this environment would run, or undefined where there is none. Virtual
 * environments and pyenv are understood from their files; other shims are asked once.
 */
export function findPython(environment: Environment = process.env): PythonInstallation | undefined {
  for (const directory of (environment['PATH'] ?? '').split(delimiter)) {
    if (!directory.startsWith('/')) continue;
    const candidate = join(directory, 'python3');
    if (!isExecutableFile(candidate)) continue;
    const found = isScript(candidate) ? resolveShim(candidate, environment) : describeInstallation(candidate);
    if (found) return found;
  }
  return undefined;
}

function isScript(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(2);
    return readSync(file, head, 0, 2, 0) === 2 && head.toString('latin1') === '#!';
  } finally {
    closeSync(file);
  }
}

function describeInstallation(executable: string): PythonInstallation {
  const prefix = dirname(dirname(executable));
  const real = realpathSync(executable);
  const home = virtualEnvironmentHome(prefix);
  const directories = new Set([dirname(dirname(real))]);
  if (home) for (const path of [prefix, dirname(home), realpathSync(dirname(home))]) directories.add(path);
  return {
    executable: home ? executable : real,
    binDirectory: dirname(home ? executable : real),
    directories: [...directories],
  };
}

/** The `home` that a virtual environment names: the directory of its base interpreter. */
function virtualEnvironmentHome(prefix: string): string | undefined {
  try {
    return /^\s*home\s*=\s*(.+?)\s*$/m.exec(readFileSync(join(prefix, 'pyvenv.cfg'), 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

function resolveShim(shim: string, environment: Environment): PythonInstallation | undefined {
  const root = dirname(dirname(shim));
  if (shim === join(root, 'shims', 'python3') && isPyenvRoot(root)) return resolvePyenv(root, environment);
  const key = `${shim}:${statSync(shim).mtimeMs}`;
  if (!resolvedShims.has(key)) resolvedShims.set(key, askInterpreter(shim, environment));
  return resolvedShims.get(key);
}

function isPyenvRoot(root: string): boolean {
  try {
    return statSync(join(root, 'versions')).isDirectory();
  } catch {
    return false;
  }
}

/** pyenv's own order: `PYENV_VERSION`, `.python-version` here or above, the global `version`. */
function resolvePyenv(root: string, environment: Environment): PythonInstallation | undefined {
  const chosen = environment['PYENV_VERSION'] || localPyenvVersion() || readVersion(join(root, 'version'));
  for (const version of (chosen ?? '').split(/[:\s]+/)) {
    const executable = join(root, 'versions', version, 'bin', 'python3');
    if (version !== '' && isExecutableFile(executable)) return describeInstallation(executable);
  }
  return undefined;
}

function localPyenvVersion(): string | undefined {
  for (let directory = process.cwd(); ; directory = dirname(directory)) {
    const version = readVersion(join(directory, '.python-version'));
    if (version || directory === dirname(directory)) return version;
  }
}

function readVersion(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

function askInterpreter(shim: string, environment: Environment): PythonInstallation | undefined {
  try {
    const answer = execFileSync(shim, ['-I', '-c', PROBE], {
      encoding: 'utf8',
      env: environment,
      timeout: PROBE_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [executable = '', prefix = '', base = ''] = answer.trim().split('\n');
    const directories = [...new Set([prefix, base, dirname(dirname(realpathSync(executable)))])];
    return { executable, binDirectory: dirname(executable), directories };
  } catch {
    return undefined;
  }
}
