import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './project.mjs';

const source = join(root, 'test', 'flyte', 'judge');
// Outlives `npm ci`, which empties node_modules.
const cache = join(root, '.cache', 'flyte-judge');

/**
 * Builds the judge of test/flyte where its source, go.sum or Go has changed. Go's own caches make a second build short.
 *
 * @returns {Promise<string>} the program
 */
export async function buildFlyteJudge() {
  const version = goVersion();
  const hash = createHash('sha256').update(version);
  for (const name of readdirSync(source).sort()) hash.update(name).update(readFileSync(join(source, name)));
  const program = join(cache, hash.digest('hex').slice(0, 20));
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  console.log('Building the judge with Go, once: minutes where its modules were never built here.');
  const making = `${program}.${process.pid}`;
  const code = await run(goProgram(), ['build', '-trimpath', '-o', making, '.'], {
    cwd: source,
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  if (code !== 0) throw new Error(`go build has failed with ${code}: see above.`);
  for (const old of readdirSync(cache)) if (!making.endsWith(old)) rmSync(join(cache, old));
  renameSync(making, program);
  return program;
}

function goVersion() {
  const { stdout, status } = spawnSync(goProgram(), ['version'], { encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(
    'The tests under Flyte need Go 1.26 or newer, which is not on the PATH: https://go.dev/dl (or apt-get install golang-go, which brings what is missing by itself from 1.21 on).',
  );
}

function goProgram() {
  const found = (process.env['PATH'] ?? '')
    .split(':')
    .map((directory) => join(directory, 'go'))
    .find((file) => existsSync(file));
  return found ?? '/usr/local/go/bin/go';
}
