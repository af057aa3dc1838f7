// Lint, format and types of the Python files, and the oldest Python that can run them. Ruff and vermin come through pip,
// once for a clone; Pyright through npm.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './support/project.mjs';

// What the package for Python imports is there for its types.
const tools = ['ruff==0.17.6', 'vermin==1.9.2', 'pathspec', 'pytest'];
/** What runs inside jobs, whose Python may be this old. */
const inJobs = ['src/algorithms', 'src/serving/python', 'src/toolkit'];
const oldestPython = '3.9';
/** What runs a function of a workflow: the images of the guides have this one. */
const functions = { python: '3.6', directory: 'python/src/sluice/job' };
/** What runs scripts in jobs: the oldest Python that images still have. */
const remote = { python: '3.8', directory: 'python/src/sluice/remote' };
const written = ['src', 'test', 'bench', 'examples', 'python'];
// Outlives `npm ci`, which empties node_modules.
const cache = join(root, '.cache');
const environment = join(
  cache,
  `check-python-${createHash('sha256').update(tools.join()).digest('hex').slice(0, 12)}`,
);

process.exitCode = installOnce() ? await checkAll() : leaveOut();

async function checkAll() {
  const python = join(environment, 'bin', 'python');
  const codes = [
    await run(python, ['-m', 'ruff', 'check', '--quiet', ...written]),
    await run(python, ['-m', 'ruff', 'format', '--quiet', '--diff', ...written]),
    await expectOldest(python, oldestPython, inJobs),
    await expectOldest(python, functions.python, [functions.directory]),
    await expectOldest(python, remote.python, [remote.directory]),
    await run('pyright', ['--warnings']),
    await run('pyright', ['--warnings', '--project', 'python', '--pythonpath', python]),
  ];
  return codes.every((code) => code === 0) ? 0 : 1;
}

function expectOldest(python, version, directories) {
  const vermin = join(environment, 'bin', 'vermin');
  return run(python, [vermin, '--quiet', '--no-tips', `--target=${version}-`, ...directories]);
}

/** As with tests: what this machine lacks is said, and refused where nothing may be left out. */
function leaveOut() {
  console.error('The Python files are not checked: that needs python3 with venv and a package index.');
  console.error('On Debian or Ubuntu: apt-get install python3 python3-venv python3-pip');
  return process.env.CI === 'true' ? 1 : 0;
}

/** Into a directory of its own first, so that an interrupted installation leaves nothing half-made. */
function installOnce() {
  if (existsSync(environment)) return true;
  mkdirSync(cache, { recursive: true });
  const part = mkdtempSync(join(cache, 'check-python-part-'));
  const made =
    succeeds('python3', ['-m', 'venv', part]) &&
    succeeds(join(part, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--no-compile', ...tools]);
  if (made && !existsSync(environment)) renameSync(part, environment);
  else rmSync(part, { recursive: true });
  return made;
}

function succeeds(program, args) {
  return spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000 }).status === 0;
}
