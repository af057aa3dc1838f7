import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { resultOfExit, resultOfShellCode, startFailure } from '../execution-result.ts';
import type { Execution, ExecutionOptions, ExecutionResult, Executor } from '../executor.ts';
import { holdStartError } from '../hold-start-error.ts';
import { createMountPoints } from '../mount-points.ts';
import { EXECUTION_ID_VARIABLE, executionMark } from '../process/process-tree.ts';
import { createStopper } from '../stopper.ts';
import { probeSandbox } from './probe-sandbox.ts';
import {
  ARGUMENTS_FD,
  HOSTS_FD,
  hostsFile,
  STATUS_FD,
  SYNC_FD,
  sandboxArguments,
} from './sandbox-arguments.ts';
import { childrenOf, hasEnded } from './sandbox-process.ts';

/** How bubblewrap's own reports begin. */
const OWN_WORDS = 'bwrap: ';
/** bubblewrap could not make the sandbox: Docker's code for the same. */
const SANDBOX_FAILED = 125;
const POLL_INTERVAL_MS = 2;
/** How long the kernel may take to end a killed sandbox, and its pipes to close. */
const END_LIMIT_MS = 5_000;

/**
 * Runs commands with bubblewrap: the job sees its own directory at the real `/opt/ml`, a read-only system, a
 * private `/tmp`, `/dev/shm` and home, its own processes and host name, and nothing else of this machine. The
 * network is shared.
 */
export function createSandboxExecutor(): Executor {
  return {
    name: 'sandbox',
    capabilities: { mounts: true, realPaths: true, images: false },
    probe: probeSandbox,
    start: startSandbox,
  };
}

async function startSandbox(options: ExecutionOptions): Promise<Execution> {
  const content = nulSeparated(sandboxArguments(options, workingDirectory(options)));
  const removeMountPoints = createMountPoints(options.mlDirectory, options.mounts ?? []);
  const child = spawn('bwrap', ['--args', String(ARGUMENTS_FD), '--', ...options.command], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    // Nothing that a job asks for may reach bubblewrap's own loader: the job's environment comes as arguments.
    env: { PATH: process.env['PATH'], [EXECUTION_ID_VARIABLE]: executionMark(options.mlDirectory) },
  });
  if (child.pid === undefined) {
    removeMountPoints();
    throw await unavailable(child);
  }
  writeAll(child, ARGUMENTS_FD, content);
  writeAll(child, HOSTS_FD, hostsFile(options.hosts, options.hostname));
  return ownSandbox(child, child.pid, options, removeMountPoints);
}

function ownSandbox(
  child: ChildProcess,
  pid: number,
  options: ExecutionOptions,
  removeMountPoints: () => void,
): Execution {
  const stderr = holdStartError((chunk) => options.onOutput('stderr', chunk), [OWN_WORDS]);
  child.stdout?.on('data', (chunk: Buffer) => options.onOutput('stdout', chunk));
  child.stderr?.on('data', stderr.push);
  const status = readStatus(child);
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  const stopper = createStopper({
    running,
    terminate: (graceMs) => void terminateCommand(status.firstProcess, running, graceMs),
    kill: () => signalIfThere(status.firstProcess() ?? pid, 'SIGKILL'),
  });
  const ended = untilEnded(child, status.firstProcess).then(() => {
    stopper.end();
    removeMountPoints();
    if (status.ran()) stderr.release();
    return resultOf(child, status.ran(), stderr.take()?.slice(OWN_WORDS.length), options, stopper.stopped());
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

/** Resolves once bubblewrap has ended, its pipes are closed and the sandbox is empty. */
async function untilEnded(child: ChildProcess, firstProcess: () => number | undefined): Promise<void> {
  pipeAt(child, SYNC_FD).resume();
  await new Promise<void>((resolve) => {
    let drainTimer: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      drainTimer = setTimeout(() => closePipes(child), END_LIMIT_MS);
    });
    child.once('close', () => {
      clearTimeout(drainTimer);
      resolve();
    });
  });
  const first = firstProcess();
  if (first !== undefined) await pollUntil(() => hasEnded(first), END_LIMIT_MS);
}

/** SIGTERM to the command itself, which is the first child of the sandbox's first process. */
async function terminateCommand(
  firstProcess: () => number | undefined,
  running: () => boolean,
  limitMs: number,
): Promise<void> {
  let command: number | undefined;
  await pollUntil(() => {
    const first = firstProcess();
    command = first === undefined ? undefined : childrenOf(first)[0];
    return command !== undefined || !running();
  }, limitMs);
  if (command !== undefined && running()) signalIfThere(command, 'SIGTERM');
}

/** How it ended; with bubblewrap's own words in the form of a shell's where it could not start the command. */
function resultOf(
  child: ChildProcess,
  ran: boolean,
  said: string | undefined,
  { command, onOutput }: ExecutionOptions,
  stopped: boolean,
): ExecutionResult {
  if (child.signalCode) return resultOfExit(null, child.signalCode, stopped);
  const code = child.exitCode ?? 1;
  if (ran || said === undefined) return resultOfShellCode(code, stopped);
  const { exitCode, line } = said.startsWith('execvp ')
    ? startFailure(command[0] ?? '', said.slice(said.lastIndexOf(': ') + 2))
    : { exitCode: SANDBOX_FAILED, line: `sluice: the sandbox could not be made: ${said}\n` };
  onOutput('stderr', Buffer.from(line));
  return { exitCode, signal: null, stopped };
}

/** The first process of the sandbox, as this machine sees it, once bubblewrap has told it. */
function readStatus(child: ChildProcess) {
  let text = '';
  pipeAt(child, STATUS_FD)
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk;
    });
  return {
    firstProcess(): number | undefined {
      const match = /"child-pid": (\d+)/.exec(text);
      return match ? Number(match[1]) : undefined;
    },
    /** bubblewrap tells an exit code only of a command that it could start. */
    ran: () => text.includes('"exit-code"'),
  };
}

function writeAll(child: ChildProcess, fd: number, content: string): void {
  const stream = pipeAt(child, fd);
  // bubblewrap may have ended before it read everything; its exit tells why.
  stream.on('error', () => undefined);
  stream.end(content);
}

/** Node's types know the first five only. */
function pipeAt(child: ChildProcess, fd: number): Duplex {
  return (child.stdio as unknown as readonly Duplex[])[fd] as Duplex;
}

function nulSeparated(values: readonly string[]): string {
  // A value that holds a NUL would go on as an argument of bubblewrap.
  const broken = values.find((value) => value.includes('\0'));
  if (broken !== undefined) {
    const shown = JSON.stringify(broken);
    throw new SluiceError('InvalidArgument', `A path or environment value of the job holds a NUL: ${shown}`);
  }
  return values.map((value) => `${value}\0`).join('');
}

function workingDirectory({ workingDirectory: asked, mlDirectory }: ExecutionOptions): string {
  if (asked !== undefined) return asked;
  const code = statSync(join(mlDirectory, 'code'), { throwIfNoEntry: false });
  return code?.isDirectory() ? '/opt/ml/code' : '/';
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

function closePipes(child: ChildProcess): void {
  for (const stream of child.stdio) stream?.destroy();
}

async function pollUntil(condition: () => boolean, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}

async function unavailable(child: ChildProcess): Promise<SluiceError> {
  const cause = await new Promise<Error>((resolve) => child.once('error', resolve));
  return new SluiceError(
    'ExecutorUnavailable',
    `bubblewrap (bwrap) cannot be started: ${errorMessage(cause)}`,
    {
      cause,
      hint: 'Run `sluice doctor` to see what is missing, or choose the process executor.',
    },
  );
}
