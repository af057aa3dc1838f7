#!/usr/bin/env node
// What `sluice` starts, on whichever Node there is: it must parse on every one from 12 on, so nothing newer is used.
// An old Node looks for a new one, and has it run the same command.
const { execFileSync, spawn } = require('child_process');
const { existsSync, readdirSync, realpathSync } = require('fs');
const { homedir } = require('os');
const { delimiter, dirname, join } = require('path');

const OLDEST_MAJOR = 24;

if (majorOf(process.versions.node) >= OLDEST_MAJOR) {
  import('../dist/cli/main.js').catch((error) => {
    process.stderr.write(`${String((error && error.stack) || error)}\n`);
    process.exitCode = 1;
  });
} else {
  const node = findNode();
  if (node === undefined) sayWhatToDo();
  else runWith(node);
}

function majorOf(version) {
  return Number(String(version).replace(/^v/, '').split('.')[0]);
}

/** The first Node that is new enough: the npm package `node` beside this program or the project, PATH, nvm. */
function findNode() {
  return [...packageNodes(), ...pathNodes(), ...nvmNodes()].find(isNewEnough);
}

function packageNodes() {
  return [...directoriesUp(__dirname), ...directoriesUp(process.cwd())].map((directory) =>
    join(directory, 'node_modules', 'node', 'bin', 'node'),
  );
}

function pathNodes() {
  return (process.env.PATH || '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, 'node'));
}

function nvmNodes() {
  const versions = join(process.env.NVM_DIR || join(homedir(), '.nvm'), 'versions', 'node');
  const names = existsSync(versions) ? readdirSync(versions) : [];
  const fitting = names.filter((name) => majorOf(name) >= OLDEST_MAJOR);
  return fitting.sort((a, b) => majorOf(b) - majorOf(a)).map((name) => join(versions, name, 'bin', 'node'));
}

function directoriesUp(directory) {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...directoriesUp(parent)];
}

function isNewEnough(path) {
  if (!existsSync(path) || realpathSync(path) === realpathSync(process.execPath)) return false;
  try {
    const options = { encoding: 'utf8', timeout: 10000, stdio: ['ignore', 'pipe', 'ignore'] };
    return majorOf(execFileSync(path, ['--version'], options)) >= OLDEST_MAJOR;
  } catch {
    return false;
  }
}

/** It takes this process's place as far as Node can: its streams, signals and end. */
function runWith(node) {
  const child = spawn(node, [__filename, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal's Ctrl-C and hang-up reach the whole group by themselves: sent on, they would count twice.
  const sendOn = (signal) => () =>
    signal !== 'SIGTERM' && process.stdin.isTTY ? undefined : child.kill(signal);
  const handlers = ['SIGINT', 'SIGHUP', 'SIGTERM'].map((signal) => [signal, sendOn(signal)]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  child.on('error', (error) => {
    process.stderr.write(`sluice: ${node} cannot be run: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    for (const [each, handler] of handlers) process.removeListener(each, handler);
    if (signal === null) process.exitCode = code;
    else process.kill(process.pid, signal);
  });
}

function sayWhatToDo() {
  process.stderr.write(
    `sluice needs Node.js ${OLDEST_MAJOR} or newer, and this is ${process.version}: \`npm install node@${OLDEST_MAJOR}\` beside it brings one that it finds by itself, or see https://nodejs.org/\n`,
  );
  process.exitCode = 1;
}
