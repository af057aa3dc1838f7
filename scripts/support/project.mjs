// Runs on any Node.js from 20 on: this is what makes a fresh clone work before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone's root directory. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Things that can be made again; `npm ci` empties it. */
export const cache = join(root, 'node_modules', '.cache', 'sluice');

const binaries = join(root, 'node_modules', '.bin');
const stampFile = join(cache, 'installed');
const wantedNode = 24;

/**
 * Makes the clone ready to run one of its scripts: installs the dependencies once, and goes on under Node 24.
 * Returns in a process that has both; the process that lacked them waits for it and ends with its exit code.
 */
export async function prepareProject() {
  await installOnce();
  if (nodeMajor() >= wantedNode) return;
  process.exit(await run(join(binaries, 'node'), process.argv.slice(1)));
}

/** Records that what package-lock.json asks for is installed. */
export function stampInstall() {
  mkdirSync(cache, { recursive: true });
  writeFileSync(stampFile, installFingerprint());
}

/** Runs a program of node_modules/.bin or a path; resolves with its exit code, 128 + n after signal n. */
export function run(program, args, options = {}) {
  const command = program.includes('/') ? program : join(binaries, program);
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'inherit',
      ...options,
      env: environment(options.env),
    });
    const forward = (signal) => child.kill(signal);
    // Ctrl-C reaches the whole foreground group by itself: only wait.
    const wait = () => {};
    process.on('SIGINT', wait).on('SIGTERM', forward);
    child.on('error', fail);
    child.on('close', (code, signal) => {
      process.off('SIGINT', wait).off('SIGTERM', forward);
      done(code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGTERM' ? 15 : 9));
    });
  });
}

function nodeMajor() {
  return Number(process.versions.node.split('.')[0]);
}

function environment(extra) {
  return { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH ?? ''}`, ...extra };
}

function installFingerprint() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`;
}

/** The stamp is the last thing an installation writes, and `npm ci` removes it first: an interrupted one has none. */
function isInstalled() {
  if (!existsSync(stampFile) || !existsSync(join(binaries, 'node'))) return false;
  return readFileSync(stampFile, 'utf8') === installFingerprint();
}

async function installOnce() {
  if (isInstalled()) return;
  const code = await withLock(join(root, '.install-lock'), async () => {
    if (isInstalled()) return 0;
    console.log('Installing dependencies with npm ci; this happens once and takes about half a minute.');
    return npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  });
  if (code === 0) return stampInstall();
  console.error(
    `npm ci failed with exit code ${code}. Mend what it reports above, then run the command again.`,
  );
  process.exit(code);
}

/** npm under the machine's own Node: the one in node_modules is about to be replaced. */
function npm(args) {
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  const env = { PATH: path.join(delimiter), npm_config_engine_strict: 'false', NODE_ENV: 'development' };
  return run(process.platform === 'win32' ? 'npm.cmd' : findOnPath('npm', path), args, { env });
}

function findOnPath(name, path) {
  const found = path.map((entry) => join(entry, name)).find((file) => existsSync(file));
  if (found) return found;
  console.error('npm was not found on the PATH. Install Node.js 20 or newer with npm: https://nodejs.org/');
  process.exit(1);
}

/** One installation at a time; a lock whose owner is gone is taken over. */
async function withLock(directory, action) {
  while (!takeLock(directory)) await new Promise((wake) => setTimeout(wake, 500));
  try {
    return await action();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function takeLock(directory) {
  const owner = join(directory, 'pid');
  try {
    mkdirSync(directory);
    writeFileSync(owner, String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!lockIsHeld(directory, owner)) rmSync(directory, { recursive: true, force: true });
  return false;
}

function lockIsHeld(directory, owner) {
  try {
    const pid = Number(readFileSync(owner, 'utf8'));
    if (pid > 0) return spawnSync('kill', ['-0', String(pid)]).status === 0;
    return true;
  } catch {
    // Between mkdir and the pid: give its owner a few seconds.
    return existsSync(directory) && Date.now() - statSync(directory).mtimeMs < 5000;
  }
}
