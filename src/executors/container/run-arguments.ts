import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { Mount } from '../../contract/mount.ts';
import { ML_ROOT } from '../../contract/paths.ts';
import type { ContainerOptions, ExecutionOptions } from '../executor.ts';
import { gpuArguments } from '../gpu/gpu-arguments.ts';
import type { HeldGpus } from '../gpu/hold-gpus.ts';
import type { ContainerEngine } from './find-engine.ts';

/** Who started Sluice. */
export interface Caller {
  readonly platform: NodeJS.Platform;
  readonly uid: number;
  readonly gid: number;
}

/** What `run` is made of. */
export interface RunPlan {
  readonly engine: ContainerEngine;
  readonly name: string;
  readonly options: ExecutionOptions & { readonly container: ContainerOptions };
  /** The network that the hosts of the job share. */
  readonly network?: string | undefined;
  readonly caller: Caller;
  /** @default none */
  readonly gpus?: HeldGpus | undefined;
  /** What lies in the job's directory, by its names. */
  readonly entries: readonly string[];
}

/** The port that SageMaker's containers serve at. */
export const SERVING_PORT = 8080;
const MEBIBYTE = 2 ** 20;

/** Marks a container with the directory that it has as `/opt/ml`. */
const DIRECTORY_LABEL = 'sluice.directory';

/**
 * Variables that the engine's own program may read. Everything else of the job's environment is handed over in the
 * program's environment, where other users of this machine do not see it.
 */
const OF_THE_ENGINE =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|PWD|TERM|TZ|LANG|LANGUAGE|HOSTNAME|TMPDIR|NOTIFY_SOCKET|BASH_.*|ENV|LC_.*|LD_.*|GO[A-Z0-9]*|RUST_.*|.*_PROXY|SSL_.*|XDG_.*|DBUS_.*|DOCKER_.*|BUILDKIT_.*|CONTAINER.*|PODMAN_.*|STORAGE_.*|BUILDAH_.*|REGISTR.*|SSH_.*|LISTEN_.*|NETAVARK_.*|SLUICE_EXECUTION_ID|_.*)$/i;

/** The arguments of the engine's `run`. Pure but for the machine's memory. */
export function runArguments(plan: RunPlan): string[] {
  const { engine, name, options, caller } = plan;
  const { container, command, workingDirectory } = options;
  const { labels, settings } = container;
  const podman = engine.kind === 'podman';
  const [program, ...parameters] = command;
  return [
    ['run', '--name', name, '--hostname', options.hostname, `--pull=${settings.pull}`],
    // What the container says is in the job's log; the engine needs no second one.
    ['--log-driver', 'none'],
    // Podman would hand this machine's proxies on.
    podman ? ['--http-proxy=false'] : [],
    // As large as where there is no container: frameworks put their batches there.
    ['--shm-size', `${Math.floor(totalmem() / 2 / MEBIBYTE)}m`],
    // Bound directories keep the labels that they have.
    ['--security-opt', 'label=disable'],
    userArguments(plan, caller),
    networkArguments(plan),
    plan.gpus ? gpuArguments(engine, plan.gpus) : [],
    Object.entries({ ...labels, [DIRECTORY_LABEL]: options.mlDirectory }).flatMap(label),
    mountsOf(plan).flatMap(mountArgument),
    Object.entries(options.environment).flatMap(environmentArgument),
    workingDirectory === undefined ? [] : ['--workdir', workingDirectory],
    settings.arguments,
    container.keepEntrypoint || program === undefined
      ? [container.image, ...command]
      : ['--entrypoint', program, container.image, ...parameters],
  ].flat();
}

/** The part of a job's environment that the engine's program carries to the container. */
export function carriedEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !OF_THE_ENGINE.test(name)));
}

/**
 * Root in the container of a rootless engine is the user; where the engine itself is root, files that root makes
 * would be beyond the user's reach.
 */
function userArguments({ engine, options }: RunPlan, { platform, uid, gid }: Caller): string[] {
  const foreign = !engine.rootless && uid !== 0 && platform === 'linux';
  const who = options.container.settings.user ?? (foreign ? 'caller' : 'image');
  return who === 'caller' ? ['--user', `${uid}:${gid}`] : [];
}

function networkArguments({ options, network }: RunPlan): string[] {
  const { port, isolated } = options.container;
  if (port !== undefined && !isolated) return ['--publish', `127.0.0.1:${port}:${SERVING_PORT}`];
  if (network !== undefined) return ['--network', network, '--network-alias', options.hostname];
  return isolated ? ['--network', 'none'] : [];
}

/** Not `/opt/ml` itself: what an image has there beside, as code in `/opt/ml/code`, stays, as on SageMaker. */
function mountsOf({ options: { mlDirectory, mounts = [] }, entries }: RunPlan): Mount[] {
  const own = entries.map((name) => ({
    source: join(mlDirectory, name),
    target: `${ML_ROOT}/${name}`,
    readOnly: false,
  }));
  return [...own, ...mounts];
}

function mountArgument({ source, target, readOnly, copyOnWrite }: Mount): string[] {
  // This form has no quotes: a path with a colon is shown read-only.
  if (copyOnWrite && !`${source}${target}`.includes(':')) return ['--volume', `${source}:${target}:O`];
  const fields = ['type=bind', `source=${source}`, `target=${target}`, ...(readOnly ? ['readonly'] : [])];
  return ['--mount', fields.map(csvField).join(',')];
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function environmentArgument([name, value]: readonly [string, string]): string[] {
  return ['--env', OF_THE_ENGINE.test(name) ? `${name}=${value}` : name];
}

function label([name, value]: readonly [string, string]): string[] {
  return ['--label', `${name}=${value}`];
}
