import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { SluiceError } from '../../core/errors.ts';
import { withDirectory } from '../../core/tree/index.ts';
import type { Execution, ExecutionOptions, Executor, ExecutorProbe } from '../executor.ts';
import { type HeldGpus, holdGpus } from '../gpu/hold-gpus.ts';
import { createMountPoints } from '../mount-points.ts';
import { EXECUTION_ID_VARIABLE, executionMark } from '../process/process-tree.ts';
import { checkImageName } from './check-image-name.ts';
import { holdNetwork, networkName, releaseNetwork } from './container-networks.ts';
import { recordDirectory, removeRecord, writeRecord } from './container-record.ts';
import type { ContainerExecution } from './container-result.ts';
import { askEngine, engineEnvironment, removeContainer } from './engine-command.ts';
import { type ContainerEngine, findEngine } from './find-engine.ts';
import { ownContainer } from './own-container.ts';
import { carriedEnvironment, runArguments } from './run-arguments.ts';
import { serveIsolated } from './serve-isolated.ts';

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

function hasContainer(options: ExecutionOptions): options is ContainerExecution {
  return options.container !== undefined;
}
