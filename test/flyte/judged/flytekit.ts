import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cachedEnvironment } from '../../../src/jobs/toolkit/cached-environment.ts';
import { pythonWith } from '../../harness/python.ts';

const run = promisify(execFile);
const CACHE = fileURLToPath(new URL('../../../.cache/test-flyte', import.meta.url));

/** The directory of the package `pipelines`, and of the steps of its jobs. */
export const FIXTURES = fileURLToPath(new URL('../../fixtures/flyte', import.meta.url));

/** The packages of the tests: with them come flytekit's connector and its task types of SageMaker. */
const PACKAGES = ['flytekit[connector]==1.16.31', 'flytekitplugins-awssagemaker==1.16.31'];

/** A Python with flytekit, installed once for a clone. @returns its `bin` */
export async function flytekit(): Promise<string> {
  const { stdout } = await run('python3', ['-c', 'import sys; print(sys.version_info[1])']);
  const minor = Number(stdout);
  if (minor < 10 || minor > 12)
    throw new Error(
      `flytekit needs Python 3.10, 3.11 or 3.12, and python3 is 3.${minor}: put one of them first on the PATH (pyenv, or uv python install 3.12).`,
    );
  return join(await pythonWith(...PACKAGES), 'bin');
}

/** What `pyflyte package` writes of all workflows of the fixtures, untarred; made anew when they change. */
export async function packagedPipelines(): Promise<string> {
  const bin = await flytekit();
  const sources = join(FIXTURES, 'pipelines');
  const files = readdirSync(sources).filter((name) => name.endsWith('.py'));
  return cachedEnvironment({
    root: CACHE,
    key: [...PACKAGES, ...files.map((name) => readFileSync(join(sources, name), 'utf8'))],
    signal: AbortSignal.timeout(300_000),
    onWait: () => undefined,
    build: async (directory) => {
      const archive = `${directory}.tgz`;
      const scratch = await mkdtemp(join(tmpdir(), 'package-'));
      await run(
        join(bin, 'pyflyte'),
        [
          '--pkgs',
          'pipelines',
          'package',
          '--force',
          '--image',
          'registry.example/flyte:1',
          '--output',
          archive,
        ],
        {
          cwd: FIXTURES,
          env: { ...process.env, PYTHONPATH: FIXTURES, PYTHONDONTWRITEBYTECODE: '1', TMPDIR: scratch },
        },
      );
      await run('sh', ['-c', 'mkdir -p "$1" && tar -xzf "$2" -C "$1"', 'sh', directory, archive]);
      await rm(archive);
      await rm(scratch, { recursive: true });
    },
  });
}
