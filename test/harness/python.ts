import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { cachedEnvironment } from '../../src/jobs/toolkit/cached-environment.ts';

const run = promisify(execFile);
const ALONE = 'alone:';
const XGBOOST = `${ALONE}xgboost`;
const UV = 'uv==0.13.9';
/** Outlives `npm ci`, which empties node_modules. */
const CACHE = fileURLToPath(new URL('../../.cache/test-python', import.meta.url));

/** Where Python keeps what it has compiled of the clone's own sources, as PYTHONPYCACHEPREFIX: not beside them. */
export const compiledPython = join(CACHE, 'compiled');

/**
 * A virtual environment with these packages and pip, made once for a clone. Needs `python3` with venv, and a package index.
 *
 * @param packages what pip understands; after `alone:` one that is installed without what it depends on
 * @returns its directory
 */
export function pythonWith(...packages: string[]): Promise<string> {
  return environment(packages, '');
}

/**
 * The one environment for models: with what the images of scikit-learn and XGBoost hold, and what builds a package.
 * XGBoost's wheel names NVIDIA's libraries, which only GPUs need. Jobs cannot write there: what they import is compiled
 * beforehand.
 */
export function pythonForModels(): Promise<string> {
  return environment(
    [XGBOOST, 'scikit-learn', 'pandas', 'setuptools', 'wheel'],
    'import joblib, pandas, sklearn.linear_model, sklearn.model_selection, sklearn.tree, xgboost.tracker',
  );
}

/** XGBoost without scikit-learn, which it would import at every start: four fifths of the time that it takes. */
export function pythonForXgboost(): Promise<string> {
  return environment([XGBOOST, 'numpy', 'pandas', 'scipy'], 'import pandas, xgboost.tracker');
}

async function environment(packages: readonly string[], compiled: string): Promise<string> {
  const { stdout: version } = await run('python3', ['-c', 'import sys; print(sys.base_prefix, sys.version)']);
  const uv = await installer(version);
  return cachedEnvironment({
    root: CACHE,
    key: [version, compiled, ...packages],
    signal: AbortSignal.timeout(600_000),
    onWait: () => undefined,
    build: async (directory) => {
      const python = join(directory, 'bin', 'python');
      const install = (...parameters: string[]) => uv('pip', 'install', '--python', python, ...parameters);
      await uv('venv', '--seed', '--python', 'python3', directory);
      const alone = packages.flatMap((each) => (each.startsWith(ALONE) ? each.slice(ALONE.length) : []));
      if (alone.length > 0) await install('--no-deps', ...alone);
      await install(...packages.filter((each) => !each.startsWith(ALONE)));
      if (compiled !== '') await compile(python, compiled);
    },
  });
}

/** Python compiles what it imports here, pip's own modules too. */
async function compile(python: string, imports: string): Promise<void> {
  const { PYTHONDONTWRITEBYTECODE: _, ...env } = process.env;
  await run(python, ['-c', imports], { env });
  await run(python, ['-m', 'pip', 'install', '--quiet', '--no-index', 'pip'], { env });
}

/** uv, which installs what pip takes a minute for in two seconds: pip brings it. */
async function installer(version: string): Promise<(...parameters: string[]) => Promise<unknown>> {
  const directory = await cachedEnvironment({
    root: CACHE,
    key: [version, UV],
    signal: AbortSignal.timeout(600_000),
    onWait: () => undefined,
    build: async (place) => {
      const python = join(place, 'bin', 'python');
      await run('python3', ['-m', 'venv', '--without-pip', place]);
      // The system's pip, if there is one that can: ensurepip takes six seconds of a processor.
      await run('python3', ['-m', 'pip', '--python', python, 'install', '--quiet', UV]).catch(async () => {
        await run(python, ['-m', 'ensurepip']);
        await run(python, ['-m', 'pip', 'install', '--quiet', UV]);
      });
    },
  });
  const { PIP_INDEX_URL: index, PIP_CERT: certificates } = process.env;
  const environment = {
    ...(index && { UV_DEFAULT_INDEX: index }),
    ...(certificates && { SSL_CERT_FILE: certificates }),
    ...process.env,
    UV_CACHE_DIR: join(CACHE, 'uv'),
    UV_PYTHON_DOWNLOADS: 'never',
  };
  return (...parameters) =>
    run(join(directory, 'bin', 'uv'), [...parameters, '--quiet'], { env: environment, timeout: 600_000 });
}

/** Puts an environment on the PATH, as activating it does. Dispose of it. */
export function activate(directory: string): Disposable {
  const before = process.env['PATH'];
  process.env['PATH'] = `${join(directory, 'bin')}:${before}`;
  return {
    [Symbol.dispose]() {
      process.env['PATH'] = before;
    },
  };
}

/** A .tar.gz of text files. */
export async function tarGz(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name, size: Buffer.byteLength(body), mode: 0o644 },
    body,
  }));
  return gzipSync(await packTar(entries));
}

/** A wheel of one module, as pip installs it. */
export async function wheel(name: string, version: string, source: string): Promise<Buffer> {
  const info = `${name}-${version}.dist-info`;
  const script = `
import base64, io, sys, zipfile
stream = io.BytesIO()
with zipfile.ZipFile(stream, "w") as archive:
    archive.writestr("${name}.py", sys.argv[1])
    archive.writestr("${info}/METADATA", "Metadata-Version: 2.1\\nName: ${name}\\nVersion: ${version}\\n")
    archive.writestr("${info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    archive.writestr("${info}/RECORD", "${name}.py,,\\n${info}/METADATA,,\\n${info}/WHEEL,,\\n${info}/RECORD,,\\n")
print(base64.b64encode(stream.getvalue()).decode())`;
  const { stdout } = await run('python3', ['-c', script, source]);
  return Buffer.from(stdout, 'base64');
}
