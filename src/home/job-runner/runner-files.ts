import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import { runnersDirectory } from '../../core/home.ts';
import { isProcessAlive, type ProcessIdentity } from '../../state/index.ts';

/** Names a process as a job runner of the home, so that a later server knows it. */
export function addRunner(home: string, runner: ProcessIdentity): void {
  const directory = runnersDirectory(home);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = fileOf(home, runner.pid);
  writeFileSync(`${path}.part`, `${JSON.stringify(runner)}\n`);
  renameSync(`${path}.part`, path);
}

/** Forgets a job runner that has ended, or is about to. */
export function removeRunner(home: string, pid: number): void {
  rmSync(fileOf(home, pid), { force: true });
}

/** The job runners of a home that live. Files of others are removed. */
export function listRunners(home: string): ProcessIdentity[] {
  return namesIn(runnersDirectory(home)).flatMap((name) => {
    const path = join(runnersDirectory(home), name);
    const runner = readRunner(path);
    if (runner && isProcessAlive(runner)) return [runner];
    rmSync(path, { force: true });
    return [];
  });
}

function fileOf(home: string, pid: number): string {
  return join(runnersDirectory(home), `${pid}.json`);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function readRunner(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
