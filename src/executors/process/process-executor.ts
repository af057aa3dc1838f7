import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { relativeToMl } from '../../contract/paths.ts';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { pollUntil } from '../../core/poll-until.ts';
import { resultOfExit, startFailure } from '../execution-result.ts';
import type { Execution, ExecutionOptions, ExecutionResult, Executor } from '../executor.ts';
import { findPython } from '../find-python.ts';
import { gpuEnvironment, holdGpus } from '../gpu/hold-gpus.ts';
import { createStopper } from '../stopper.ts';
import { untilClosed } from '../until-closed.ts';
import { EXECUTION_ID_VARIABLE, executionMark, isAlive, killTree, signalProcess } from './process-tree.ts';
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
    capabilities: { mounts: false, realPaths: false, images: false, networkIsolation: false },
    probe: async () => ({ available: true, version: process.version }),
    canOverlay: async () => false,
    start: async (options) => startProcess(options),
  };
}

function startProcess(options: ExecutionOptions): Promise<Execution> {
  const { mlDirectory, command, onOutput } = options;
  if (options.isolation) {
    const message = 'A plain process has the network of this machine and cannot be isolated from it.';
    throw new SluiceError('ExecutorUnavailable', message);
  }
  const gpus = holdGpus(options.gpus ?? 0);
  const executionId = executionMark(mlDirectory, randomUUID());
  const [program, ...parameters] = command.map((element) => translatePaths(element, mlDirectory));
  const child = spawn(program as string, parameters, {
    cwd: workingDirectory(options),
    env: { ...gpuEnvironment(gpus), ...jobEnvironment(options), [EXECUTION_ID_VARIABLE]: executionId },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk: Buffer) => onOutput('stdout', chunk));
  child.stderr.on('data', (chunk: Buffer) => onOutput('stderr', chunk));
  const pid = child.pid;
  if (pid === undefined) {
    gpus.release();
    return failedStart(child, options);
  }
  const execution = ownTree(child, pid, executionId);
  void execution.ended.then(gpus.release);
  return Promise.resolve(execution);
}

function ownTree(child: ChildProcess, pid: number, executionId: string): Execution {
  const stopper = createStopper({
    running: () => child.exitCode === null && child.signalCode === null,
    terminate: () => signalProcess(pid, 'SIGTERM'),
    kill: () => killTree(pid, executionId),
  });
  const ended = untilClosed(child, DRAIN_LIMIT_MS, () => killTree(pid, executionId)).then(async () => {
    stopper.end();
    await untilGone(pid, executionId);
    return resultOfExit(child.exitCode, child.signalCode, stopper.stopped());
  });
  return {
    pid,
    ended,
    stop({ graceMs }) {
      stopper.request(graceMs);
      return ended;
    },
  };
}

/** A killed process needs a moment to go, and one that was just being forked may have been missed. */
async function untilGone(pid: number, executionId: string): Promise<void> {
  await pollUntil(
    () => {
      if (!isAlive(pid, executionId)) return true;
      killTree(pid, executionId);
      return false;
    },
    { everyMs: KILL_INTERVAL_MS, limitMs: KILL_LIMIT_MS },
  );
}

/** A program that does not exist ends as it would in a shell: with a line on stderr and 126 or 127. */
function failedStart(child: ChildProcess, options: ExecutionOptions): Promise<Execution> {
  const ended = new Promise<ExecutionResult>((resolve) => {
    child.once('error', (error) => {
      const failure = startFailure(options.command[0] ?? '', systemErrorCode(error) ?? error.message);
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
