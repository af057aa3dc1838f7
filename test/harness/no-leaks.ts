import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PREFIX = 'sluice-tests-';

/**
 * Gives the whole run a temporary directory of its own, and fails it when a process that a test started is still
 * there at the end, or a temporary file. Processes are looked for on Linux only. Each project calls it: one is enough.
 */
export default function setup(): () => Promise<void> {
  const outer = tmpdir();
  if (basename(outer).startsWith(PREFIX)) return async () => undefined;
  const directory = mkdtempSync(join(outer, PREFIX));
  process.env['TMPDIR'] = directory;
  return async () => {
    process.env['TMPDIR'] = outer;
    const processes = await leakedProcesses(directory);
    const files = readdirSync(directory).filter((name) => !ofTools.test(name));
    rmSync(directory, { recursive: true, force: true });
    const problems = [
      ...processes.map((line) => `a process is still running: ${line}`),
      ...files.map((name) => `a temporary file was left: ${name}`),
    ];
    if (problems.length > 0) throw new Error(`The tests left something behind:\n  ${problems.join('\n  ')}`);
  };
}

/** What Node, npm, uv and Vite keep in the temporary directory by themselves. */
const ofTools = /^(node-compile-cache|npm-|uv-.*\.lock$|v8-compile-cache|vite|node-jiti|hsperfdata)/;

/** A process that has just been told to end gets twenty seconds. */
async function leakedProcesses(directory: string): Promise<string[]> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (processesIn(directory).length === 0) return [];
    await sleep(100);
  }
  return processesIn(directory);
}

/** Processes whose command line, working directory or environment lies in the run's directory. */
function processesIn(directory: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => !isVitest(pid) && mentions(pid, directory))
    .map((pid) => `${pid} ${readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`);
}

function mentions(pid: string, directory: string): boolean {
  return (
    readOrEmpty(`/proc/${pid}/cmdline`).includes(directory) ||
    readOrEmpty(`/proc/${pid}/environ`).includes(directory) ||
    linkOrEmpty(`/proc/${pid}/cwd`).startsWith(directory)
  );
}

function isVitest(pid: string): boolean {
  return /vitest|esbuild|rolldown/.test(readOrEmpty(`/proc/${pid}/cmdline`));
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
