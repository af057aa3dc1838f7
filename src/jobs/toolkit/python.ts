import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { clientError } from '../../contract/failure-reason.ts';
import { findPython, type PythonInstallation } from '../../executors/index.ts';
import { JobFailure } from '../../hosts/index.ts';

/** The local Python as environments are made of it. */
export interface LocalPython {
  readonly installation: PythonInstallation;
  /** The interpreter that environments link to: never one of a virtual environment. */
  readonly baseExecutable: string;
  /** `3.11` */
  readonly version: string;
  /** `3.11.7` */
  readonly fullVersion: string;
  /** Whether it has the packages of the base interpreter. */
  readonly systemPackages: boolean;
  /** The packages of the virtual environment that is active, if one is. */
  readonly sitePackages: readonly string[];
  /** Where its packages are looked for, in this order. */
  readonly packagePath: readonly string[];
  readonly hasPip: boolean;
  /** Those of the modules that were asked for that it does not have. */
  readonly missing: readonly string[];
}

const PROBE_TIMEOUT_MS = 30_000;
const PROBE = `
import importlib.util, json, os, site, sys
def has(name):
    try:
        return importlib.util.find_spec(name) is not None
    except Exception:
        return False
def system_packages():
    if sys.prefix == sys.base_prefix:
        return True
    with open(os.path.join(sys.prefix, "pyvenv.cfg")) as file:
        return "include-system-site-packages=true" in file.read().replace(" ", "").lower()
print(json.dumps({
    "system": system_packages(),
    "base": getattr(sys, "_base_executable", None) or sys.executable,
    "version": list(sys.version_info[:3]),
    "site": site.getsitepackages() if sys.prefix != sys.base_prefix else [],
    "path": [path for path in sys.path if path.endswith("-packages")],
    "pip": has("pip"),
    "missing": [name for name in sys.argv[1:] if not has(name)],
}))
`;

const run = promisify(execFile);

/** Facts that were complete: what a Python lacks may be installed meanwhile, so it is asked again. */
const complete = new Map<string, Promise<LocalPython>>();

/**
 * Finds the local Python and what it has of `modules`.
 *
 * @throws JobFailure when there is none, or it does not start
 */
export async function describePython(modules: readonly string[]): Promise<LocalPython> {
  const installation = findPython();
  if (!installation) {
    throw new JobFailure(
      clientError('The job needs Python: no python3 was found on the PATH. Install Python 3.9 or newer.'),
    );
  }
  const key = [installation.executable, ...modules].join('\0');
  const known = complete.get(key);
  if (known) return known;
  const python = await probe(installation, modules);
  if (python.missing.length === 0) complete.set(key, Promise.resolve(python));
  return python;
}

async function probe(installation: PythonInstallation, modules: readonly string[]): Promise<LocalPython> {
  try {
    const { stdout } = await run(installation.executable, ['-I', '-c', PROBE, ...modules], {
      timeout: PROBE_TIMEOUT_MS,
    });
    const facts = JSON.parse(stdout) as {
      readonly base: string;
      readonly system: boolean;
      readonly version: readonly [number, number, number];
      readonly site: readonly string[];
      readonly path: readonly string[];
      readonly pip: boolean;
      readonly missing: readonly string[];
    };
    return {
      installation,
      baseExecutable: facts.base,
      version: facts.version.slice(0, 2).join('.'),
      fullVersion: facts.version.join('.'),
      systemPackages: facts.system,
      sitePackages: facts.site,
      packagePath: facts.path,
      hasPip: facts.pip,
      missing: facts.missing,
    };
  } catch (error) {
    throw new JobFailure(
      clientError(`The local Python ${installation.executable} does not work: ${(error as Error).message}`),
      error,
    );
  }
}
