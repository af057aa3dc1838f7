import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { pollUntil } from '../../core/poll-until.ts';
import { withDirectory } from '../../core/tree/index.ts';
import { resultOfShellCode, startFailure } from '../execution-result.ts';
import type {
  ContainerOptions,
  Execution,
  ExecutionOptions,
  ExecutionResult,
  Executor,
  ExecutorProbe,
} from '../executor.ts';
import { type HeldGpus, holdGpus } from '../gpu/hold-gpus.ts';
import { holdStartError } from '../hold-start-error.ts';
import { createMountPoints } from '../mount-points.ts';
import { type ServedPort, servePort } from '../network/served-port.ts';
import { EXECUTION_ID_VARIABLE, executionMark, signalProcess } from '../process/process-tree.ts';
import { createStopper } from '../stopper.ts';
import { untilClosed } from '../until-closed.ts';
import { checkImageName } from './check-image-name.ts';
import { holdNetwork, networkName, releaseNetwork } from './container-networks.ts';
import { ranOutOfMemory, recordDirectory, removeRecord, writeRecord } from './container-record.ts';
import { containerState } from './container-state.ts';
import { askEngine, engineEnvironment, removeContainer, signalContainer } from './engine-command.ts';
import { type ContainerEngine, findEngine } from './find-engine.ts';
import { carriedEnvironment, runArguments, SERVING_PORT } from './run-arguments.ts';

/** The engine could not make the container, as Podman and Docker themselves report it. */
const ENGINE_FAILED = 125;
/** A container that is killed with its engine's program, as a shell reports it. */
const KILLED = 137;
/** Between two tries to signal a container that is just being made, milliseconds. */
const SIGNAL_INTERVAL_MS = 50;
/** How long output may still come after the engine's program has ended, milliseconds. */
const DRAIN_LIMIT_MS = 5_000;
/** How the engines' own reports of a failed start begin. */
const OWN_WORDS = ['Error: ', 'docker: ', 'time="'];

type ContainerExecution = ExecutionOptions & { readonly container: ContainerOptions };

/**
 * Runs commands in containers of Podman or Docker, as SageMaker does: the job sees the image's system and what its own
 * directory holds at the real `/opt/ml`. The command is process 1 of its container.
 */
export function createContainerExecutor(): Executor {
  return {
    name: 'container',
    capabilities: { mounts: true, realPaths: true, images: true, networkIsolation: true },
    probe: probeContainers,
    canOverlay: canOverlayContainers,
    start: startContainer,
  };
}

/**
 * Whether the engine has an image of this name.
 *
 * @throws SluiceError `ExecutorUnavailable` when there is no engine, `InvalidArgument` for what is no name
 */
export async function hasImage(image: string): Promise<boolean> {
  checkImageName(image);
  const { program } = await requireEngine();
  const { ok, problem } = await askEngine(program, ['image', 'inspect', '--format', '{{.Id}}', image]);
  if (ok || /no such|not known|not found|invalid reference/i.test(problem)) return ok;
  throw new SluiceError(
    'ExecutorUnavailable',
    `${program} cannot tell whether it has '${image}': ${problem}`,
  );
}

async function probeContainers(): Promise<ExecutorProbe> {
  const found = await findEngine();
  if (!('engine' in found)) return { available: false, ...found };
  const { version, rootless } = found.engine;
  return { available: true, version: rootless ? `${version}, rootless` : version };
}

/** Podman makes overlays itself, in its own storage. */
async function canOverlayContainers(): Promise<boolean> {
  const found = await findEngine();
  return 'engine' in found && found.engine.kind === 'podman';
}

async function requireEngine(): Promise<ContainerEngine> {
  const found = await findEngine();
  if ('engine' in found) return found.engine;
  throw new SluiceError('ExecutorUnavailable', found.reason, { hint: found.hint });
}

async function startContainer(options: ExecutionOptions): Promise<Execution> {
  if (!hasContainer(options)) {
    throw new SluiceError('InvalidArgument', 'container: expected the image to run, got none.');
  }
  checkImageName(options.container.image);
  const engine = await requireEngine();
  const network = networkName(options);
  const name = `sluice-${options.hostname}-${randomBytes(6).toString('hex')}`;
  const removeMountPoints = createMountPoints(options.mlDirectory, options.mounts ?? []);
  writeRecord(options.mlDirectory, { engine, name, network });
  const cleanUp = async (): Promise<void> => {
    await removeContainer(engine, name);
    removeRecord(options.mlDirectory);
    removeMountPoints();
  };
  try {
    if (network !== undefined) await holdNetwork(engine, network, options.container.isolated ?? false);
  } catch (error) {
    await cleanUp();
    throw error;
  }
  const gpus = holdGpus(options.gpus ?? 0);
  const end = async (): Promise<void> => {
    gpus.release();
    await cleanUp();
    if (network !== undefined) await releaseNetwork(engine, network);
  };
  try {
    const child = spawnEngine(engine, name, network, options, gpus);
    const served = serveIsolated(
      engine,
      name,
      options,
      () => child.exitCode === null && child.signalCode === null,
    );
    return ownContainer({ child, engine, name, options }, async () => {
      await (await served)?.close();
      await end();
    });
  } catch (error) {
    await end();
    throw error;
  }
}

/** The engine's program, which lasts as long as the container and carries its output. */
function spawnEngine(
  engine: ContainerEngine,
  name: string,
  network: string | undefined,
  options: ContainerExecution,
  gpus: HeldGpus,
): ChildProcess {
  const { platform } = process;
  const caller = { platform, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  // A link that an earlier run has left is not shown: the engine would follow it.
  const listed = withDirectory({ root: options.mlDirectory, path: '' }, (directory) => [
    ...directory.entries(),
  ]);
  const entries = (listed ?? []).flatMap(({ name, kind }) => (kind === 'link' ? [] : [name]));
  return spawn(engine.program, runArguments({ engine, name, options, network, caller, entries, gpus }), {
    cwd: recordDirectory(options.mlDirectory),
    env: {
      ...engineEnvironment(),
      ...carriedEnvironment(options.environment),
      [EXECUTION_ID_VARIABLE]: executionMark(options.mlDirectory),
    },
    // Ctrl-C is for Sluice: the engine's program would hand it on.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** An isolated container has no network that a port could be published from: one of this machine is led into it. */
async function serveIsolated(
  engine: ContainerEngine,
  name: string,
  { container: { isolated, port }, onOutput }: ContainerExecution,
  running: () => boolean,
): Promise<ServedPort | undefined> {
  if (!isolated || port === undefined) return undefined;
  try {
    let pid = 0;
    const hasStarted = async (): Promise<boolean> => {
      const { stdout } = await askEngine(engine.program, ['inspect', '--format', '{{.State.Pid}}', name]);
      pid = Number(stdout);
      return pid > 0 || !running();
    };
    // An image may be large; the engine's program ends where the container cannot be made.
    await pollUntil(hasStarted, { everyMs: SIGNAL_INTERVAL_MS, limitMs: Number.POSITIVE_INFINITY });
    if (pid > 0) return await servePort(pid, port, SERVING_PORT);
  } catch (error) {
    onOutput(
      'stderr',
      Buffer.from(`sluice: the isolated container cannot be reached: ${errorMessage(error)}\n`),
    );
  }
  return undefined;
}

interface RunningContainer {
  readonly child: ChildProcess;
  readonly engine: ContainerEngine;
  readonly name: string;
  readonly options: ContainerExecution;
}

function ownContainer(container: RunningContainer, cleanUp: () => Promise<void>): Execution {
  const { child, engine, name, options } = container;
  const stderr = holdStartError(
    (chunk) => options.onOutput('stderr', chunk),
    OWN_WORDS,
    () => void releaseOnceStarted(),
  );
  const releaseOnceStarted = async (): Promise<void> => {
    if ((await containerState(engine, name))?.started) stderr.release();
  };
  child.stdout?.on('data', (chunk: Buffer) => options.onOutput('stdout', chunk));
  child.stderr?.on('data', stderr.push);
  const running = (): boolean =>
    child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const stopper = createStopper({
    running,
    terminate: (graceMs) => void terminate(engine, name, running, graceMs),
    kill: () => void killContainer(engine, name, child),
  });
  // One that cannot be started is closed too.
  child.once('error', () => undefined);
  const ended = untilClosed(child, DRAIN_LIMIT_MS).then(async () => {
    stopper.end();
    const result = await resultOf(container, stderr, stopper.stopped());
    await cleanUp().catch((error: unknown) => {
      const text = `sluice: something of the container is left behind: ${errorMessage(error)}\n`;
      options.onOutput('stderr', Buffer.from(text));
    });
    return result;
  });
  return {
    pid: child.pid ?? 0,
    ended,
    stop({ graceMs }) {
      stopper.request(graceMs);
      return ended;
    },
  };
}

/** SIGTERM to the command; a container that is just being made gets it once it runs. */
async function terminate(
  engine: ContainerEngine,
  name: string,
  running: () => boolean,
  limitMs: number,
): Promise<void> {
  const isTold = async (): Promise<boolean> => !running() || signalContainer(engine, name, 'TERM');
  await pollUntil(isTold, { everyMs: SIGNAL_INTERVAL_MS, limitMs });
}

/** A container that cannot be killed, because it does not run yet, does not come to run. */
async function killContainer(engine: ContainerEngine, name: string, child: ChildProcess): Promise<void> {
  if (await signalContainer(engine, name, 'KILL')) return;
  if (child.pid !== undefined) signalProcess(child.pid, 'SIGKILL');
}

async function resultOf(
  { child, engine, name, options }: RunningContainer,
  stderr: ReturnType<typeof holdStartError>,
  stopped: boolean,
): Promise<ExecutionResult> {
  if (child.exitCode === 0) {
    stderr.release();
    return resultOfShellCode(0, stopped);
  }
  const state = await containerState(engine, name);
  if (!state?.started) return notStarted(options, stderr.take(), stopped);
  stderr.release();
  // The engine's program may have been killed, and not the container.
  const code = child.exitCode ?? (state.running ? KILLED : state.exitCode);
  const outOfMemory = state.outOfMemory || ranOutOfMemory(options.mlDirectory);
  return {
    ...resultOfShellCode(code, stopped),
    ...(outOfMemory && { failure: 'The container ran out of memory and was killed' }),
  };
}

/** What the engine said of a container that never ran, in the form of a shell's. */
function notStarted(
  { command, onOutput }: ContainerExecution,
  said: string | undefined,
  stopped: boolean,
): ExecutionResult {
  const reason =
    said
      ?.split('\n')
      .at(-1)
      ?.replace(/^(?:Error|docker): /, '') ?? 'the engine ended without a word';
  const program = command[0] ?? "the image's command";
  if (
    /executable file not found|no such file or directory|invoke a command that was not found/i.test(reason)
  ) {
    return shellFailure(startFailure(program, 'ENOENT'));
  }
  if (/permission denied|operation not permitted/i.test(reason) && /exec/.test(reason)) {
    return shellFailure(startFailure(program, 'EACCES'));
  }
  onOutput('stderr', Buffer.from(`sluice: the container could not be started: ${reason}\n`));
  return {
    exitCode: ENGINE_FAILED,
    signal: null,
    stopped,
    failure: `The container could not be started: ${reason}`,
  };

  function shellFailure({ exitCode, line }: ReturnType<typeof startFailure>): ExecutionResult {
    onOutput('stderr', Buffer.from(line));
    return { exitCode, signal: null, stopped };
  }
}

function hasContainer(options: ExecutionOptions): options is ContainerExecution {
  return options.container !== undefined;
}
