import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { relativeToMl } from '../../contract/paths.ts';
import { systemErrorCode } from '../../core/errors.ts';
import { resultOfExit, startFailure } from '../execution-result.ts';
import type { Execution, ExecutionOptions, ExecutionResult, Executor } from '../executor.ts';
import { findPython } from '../find-python.ts';
import { EXECUTION_ID_VARIABLE, findMarked, killTree, signalProcess } from './process-tree.ts';
import { translateEnvironment, translatePaths } from './translate-paths.ts';

/** How long the pipes of a tree that was killed may stay open. */
const DRAIN_LIMIT_MS = 5_000;
const KILL_LIMIT_MS = 5_000;
const KILL_INTERVAL_MS = 2;

/**
 * Runs commands as plain child processes, each in a process group of its own. It works everywhere, and isolates
 * nothing: the job sees this machine's files, `/opt/ml` is not real (paths are translated), the host name stays,
 * and mounts have to be copies.
 */
export function createProcessExecutor(): Executor {
  return {
    name: 'process',
    capabilities: { mounts: false, realPaths: false },
    probe: async () => ({ available: true, version: process.version }),
    start: async (options) => startProcess(options),
  };
}

function startProcess(options: ExecutionOptions): Promise<Execution> {
  const { mlDirectory, command, onOutput } = options;
  const executionId = randomUUID();
  const [program, ...parameters] = command.map((element) => translatePaths(element, mlDirectory));
  const child = spawn(program as string, parameters, {
    cwd: workingDirectory(options),
    env: { ...jobEnvironment(options), [EXECUTION_ID_VARIABLE]: executionId },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk: Buffer) => onOutput('stdout', chunk));
  child.stderr.on('data', (chunk: Buffer) => onOutput('stderr', chunk));
  const pid = child.pid;
  if (pid === undefined) return failedStart(child, options);
  return Promise.resolve(ownTree(child, pid, executionId));
}

function ownTree(child: ChildProcess, pid: number, executionId: string): Execution {
  let stopped = false;
  let killTimer: NodeJS.Timeout | undefined;
  const ended = new Promise<ExecutionResult>((resolve) => {
    let drainTimer: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      killTree(pid, executionId);
      drainTimer = setTimeout(() => closePipes(child), DRAIN_LIMIT_MS);
    });
    child.once('close', (code, signal) => {
      clearTimeout(drainTimer);
      clearTimeout(killTimer);
      void untilGone(pid, executionId).then(() => resolve(resultOfExit(code, signal, stopped)));
    });
  });
  return {
    pid,
    ended,
    stop({ graceMs }) {
      if (!stopped && child.exitCode === null && child.signalCode === null) {
        stopped = true;
        signalProcess(pid, 'SIGTERM');
        killTimer = setTimeout(() => killTree(pid, executionId), graceMs);
      }
      return ended;
    },
  };
}

/** A killed process needs a moment to go, and one that was just being forked may have been missed. */
async function untilGone(pid: number, executionId: string): Promise<void> {
  const deadline = performance.now() + KILL_LIMIT_MS;
  while ((groupExists(pid) || findMarked(executionId).length > 0) && performance.now() < deadline) {
    killTree(pid, executionId);
    await new Promise((resolve) => setTimeout(resolve, KILL_INTERVAL_MS));
  }
}

function groupExists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

function closePipes(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** A program that does not exist ends as it would in a shell: with a line on stderr and 126 or 127. */
function failedStart(child: ChildProcess, options: ExecutionOptions): Promise<Execution> {
  const ended = new Promise<ExecutionResult>((resolve) => {
    child.once('error', (error) => {
      const failure = startFailure(options.command[0], systemErrorCode(error) ?? error.message);
      options.onOutput('stderr', Buffer.from(failure.line));
      resolve({ exitCode: failure.exitCode, signal: null, stopped: false });
    });
  });
  return Promise.resolve({ pid: 0, ended, stop: () => ended });
}

/** The job's environment with a `PATH` on which `node` and `python3` are found. */
function jobEnvironment({ environment, mlDirectory }: ExecutionOptions): Record<string, string> {
  const translated = translateEnvironment(environment, mlDirectory);
  const programs = [dirname(process.execPath), findPython()?.binDirectory, process.env['PATH']];
  const path = [translated['PATH'], ...programs].filter(Boolean).join(delimiter);
  return { ...translated, PATH: path };
}

function workingDirectory({ workingDirectory: asked, mlDirectory }: ExecutionOptions): string {
  if (asked !== undefined) {
    const relative = relativeToMl(asked);
    return relative === undefined ? asked : join(mlDirectory, relative);
  }
  const code = join(mlDirectory, 'code');
  // Not '/', as in a container: what a job writes beside itself must not land in this machine's root.
  return statSync(code, { throwIfNoEntry: false })?.isDirectory() ? code : mlDirectory;
}
