import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { pollUntil } from '../../core/poll-until.ts';
import { childProcesses } from '../../core/process-table.ts';
import { resultOfExit, resultOfShellCode, startFailure } from '../execution-result.ts';
import type { Execution, ExecutionOptions, ExecutionResult, Executor } from '../executor.ts';
import { findProgram } from '../find-program.ts';
import { gpuView } from '../gpu/gpu-view.ts';
import { holdGpus } from '../gpu/hold-gpus.ts';
import { holdStartError } from '../hold-start-error.ts';
import { createMountPoints } from '../mount-points.ts';
import { EXECUTION_ID_VARIABLE, executionMark } from '../process/process-tree.ts';
import { createStopper } from '../stopper.ts';
import { untilClosed } from '../until-closed.ts';
import { openConfiguration } from './configuration-files.ts';
import { jobIdentity, writeIdMaps } from './job-identity.ts';
import { LIMITER_WORDS, limitArguments, mostProcesses } from './limit-arguments.ts';
import { networkView } from './network-view.ts';
import { canOverlay, overlayMounts } from './overlay-mounts.ts';
import { probeSandbox } from './probe-sandbox.ts';
import { holdProcesses, releaseProcesses } from './process-group-limit.ts';
import {
  ARGUMENTS_FD,
  CONFIGURATION_FD,
  HOSTS_FD,
  hostsFile,
  MAPPED_FD,
  SECCOMP_FD,
  SYNC_FD,
  sandboxArguments,
} from './sandbox-arguments.ts';
import { nulSeparated, onceCreated, pipeAt, readStatus, writeAll } from './sandbox-pipes.ts';
import { hasEnded } from './sandbox-process.ts';
import { seccompFilter } from './seccomp-filter.ts';
import { keepDevices } from './shown-devices.ts';

/** How bubblewrap's own reports begin. */
const OWN_WORDS = 'bwrap: ';
/** bubblewrap could not make the sandbox: Docker's code for the same. */
const SANDBOX_FAILED = 125;
/** How long the kernel may take to end a killed sandbox, and its pipes to close. */
const END_LIMIT_MS = 5_000;
/** Between two looks at the sandbox's processes, milliseconds. */
const LOOK_INTERVAL_MS = 2;

/**
 * Runs commands with bubblewrap: the job sees its own directory at the real `/opt/ml`, a read-only system, a
 * private `/tmp`, `/dev/shm` and home, its own processes and host name, and nothing else of this machine. The
 * network is this machine's, unless it is isolated.
 */
export function createSandboxExecutor(): Executor {
  return {
    name: 'sandbox',
    capabilities: { mounts: true, realPaths: true, images: false, networkIsolation: true },
    probe: probeSandbox,
    canOverlay,
    start: startSandbox,
  };
}

async function startSandbox(options: ExecutionOptions): Promise<Execution> {
  const held = new AsyncDisposableStack();
  try {
    return await startHeld(options, held);
  } catch (error) {
    await held.disposeAsync();
    throw error;
  }
}

async function startHeld(options: ExecutionOptions, held: AsyncDisposableStack): Promise<Execution> {
  const gpus = holdGpus(options.gpus ?? 0);
  held.defer(gpus.release);
  const view = gpuView(gpus);
  held.defer(createMountPoints(options.mlDirectory, options.mounts ?? []));
  const overlays = overlayMounts(options.mlDirectory, options.mounts ?? [], held);
  const shown = { ...options, mounts: overlays.mounts };
  using configuration = openConfiguration(CONFIGURATION_FD);
  const content = nulSeparated(
    sandboxArguments(shown, workingDirectory(options), view, configuration.arguments),
  );
  held.defer(keepDevices(view.devices));
  held.defer(() => releaseProcesses(options.mlDirectory));
  const network = await networkView(options, held);
  const command = [...limitArguments(options.limits), ...options.command];
  const wrapper = [
    findProgram('bwrap'),
    ...network.arguments,
    '--args',
    String(ARGUMENTS_FD),
    '--',
    ...command,
  ];
  const [program, ...parameters] = [...network.entry, ...overlays.entry, ...wrapper] as [string, ...string[]];
  const child = spawn(program, parameters, {
    stdio: ['ignore', ...Array<'pipe'>(MAPPED_FD).fill('pipe'), ...configuration.descriptors],
    // Ctrl-C is for Sluice, which asks the command to end: bubblewrap would end at once, and the job with it.
    detached: true,
    // Nothing that a job asks for may reach bubblewrap's own loader: the job's environment comes as arguments.
    env: { PATH: process.env['PATH'], [EXECUTION_ID_VARIABLE]: executionMark(options.mlDirectory) },
  });
  if (child.pid === undefined) throw await unavailable(child);
  writeAll(child, ARGUMENTS_FD, content);
  writeAll(child, HOSTS_FD, hostsFile(options.hosts, options.hostname));
  writeAll(child, SECCOMP_FD, seccompFilter() ?? '');
  const killed: Killed = {};
  if (jobIdentity().mapped) {
    const hold = (firstProcess: number): void => {
      writeIdMaps(firstProcess);
      const holding = holdWithin(options, firstProcess, killed);
      held.defer(() => holding);
    };
    onceCreated(child, hold, (error) => {
      killed.why = `The sandbox could not be made: the ids of its users cannot be mapped: ${errorMessage(error)}`;
    });
  }
  return ownSandbox({ child, pid: child.pid, options, held, killed });
}

/** Why a sandbox was killed from here: its signal alone would look like a lack of memory. */
interface Killed {
  why?: string;
}

/** A sandbox that outruns its limit of processes ends. */
async function holdWithin(
  { mlDirectory, limits }: ExecutionOptions,
  firstProcess: number,
  killed: Killed,
): Promise<void> {
  const most = mostProcesses(limits);
  if (await holdProcesses(mlDirectory, firstProcess, most)) return;
  killed.why = `The job made more than ${most} processes faster than they could be counted, and was killed`;
  signalIfThere(firstProcess, 'SIGKILL');
}

interface RunningSandbox {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly options: ExecutionOptions;
  readonly held: AsyncDisposableStack;
  readonly killed: Killed;
}

function ownSandbox({ child, pid, options, held, killed }: RunningSandbox): Execution {
  const stderr = holdStartError((chunk) => options.onOutput('stderr', chunk), [OWN_WORDS, LIMITER_WORDS]);
  child.stdout?.on('data', (chunk: Buffer) => options.onOutput('stdout', chunk));
  child.stderr?.on('data', stderr.push);
  const status = readStatus(child);
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  const stopper = createStopper({
    running,
    terminate: (graceMs) => void terminateCommand(status.firstProcess, running, graceMs),
    kill: () => signalIfThere(status.firstProcess() ?? pid, 'SIGKILL'),
  });
  const ended = untilEnded(child, status.firstProcess).then(async () => {
    stopper.end();
    await giveBack(held, options);
    const result = resultOf(child, status.ran(), stderr, options, stopper.stopped());
    return killed.why === undefined ? result : { ...result, failure: killed.why };
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

/** What cannot be given back does not change how the command ended. */
async function giveBack(held: AsyncDisposableStack, { onOutput }: ExecutionOptions): Promise<void> {
  try {
    await held.disposeAsync();
  } catch (error) {
    const text = `sluice: something that the sandbox was made of is left behind: ${errorMessage(error)}\n`;
    onOutput('stderr', Buffer.from(text));
  }
}

/** Resolves once bubblewrap has ended, its pipes are closed and the sandbox is empty. */
async function untilEnded(child: ChildProcess, firstProcess: () => number | undefined): Promise<void> {
  pipeAt(child, SYNC_FD).resume();
  await untilClosed(child, END_LIMIT_MS);
  const first = firstProcess();
  if (first === undefined) return;
  await pollUntil(() => hasEnded(first), { everyMs: LOOK_INTERVAL_MS, limitMs: END_LIMIT_MS });
}

/** SIGTERM to the command itself, which is the first child of the sandbox's first process. */
async function terminateCommand(
  firstProcess: () => number | undefined,
  running: () => boolean,
  limitMs: number,
): Promise<void> {
  let command: number | undefined;
  await pollUntil(
    () => {
      const first = firstProcess();
      command = first === undefined ? undefined : childProcesses(first)[0];
      return command !== undefined || !running();
    },
    { everyMs: LOOK_INTERVAL_MS, limitMs },
  );
  if (command !== undefined && running()) signalIfThere(command, 'SIGTERM');
}

/** How it ended; with the sandbox's own words in the form of a shell's where the command could not be started. */
function resultOf(
  child: ChildProcess,
  ran: boolean,
  stderr: ReturnType<typeof holdStartError>,
  { command, onOutput }: ExecutionOptions,
  stopped: boolean,
): ExecutionResult {
  const code = child.exitCode ?? 1;
  const said = stderr.held();
  const limiter = code === 126 || code === 127 ? said?.startsWith(LIMITER_WORDS) : false;
  if (child.signalCode || (ran && !limiter) || said === undefined) {
    stderr.release();
    return child.signalCode
      ? resultOfExit(null, child.signalCode, stopped)
      : resultOfShellCode(code, stopped);
  }
  const { exitCode, line } =
    limiter || said.startsWith(`${OWN_WORDS}execvp `)
      ? startFailure(command[0] ?? '', said.slice(said.lastIndexOf(': ') + 2))
      : {
          exitCode: SANDBOX_FAILED,
          line: `sluice: the sandbox could not be made: ${said.slice(OWN_WORDS.length)}\n`,
        };
  onOutput('stderr', Buffer.from(line));
  return { exitCode, signal: null, stopped };
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
