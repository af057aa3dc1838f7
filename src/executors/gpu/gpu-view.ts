import { existsSync } from 'node:fs';
import { gpuEnvironment, type HeldGpus } from './hold-gpus.ts';

/** What a sandbox shows of GPUs. */
export interface GpuView {
  /** Arguments of bubblewrap. */
  readonly arguments: readonly string[];
  /** Beneath the job's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Devices that are shown, below `/dev`. */
  readonly devices: readonly string[];
}

/** The service that keeps a driver awake, where a machine has it. */
const SOCKETS = ['/run/nvidia-persistenced/socket'];

/**
 * The devices of the GPUs that a command has, and of no other; the driver's libraries where the sandbox does not show
 * them anyway. Such a command counts its GPUs from 0. Pure but for what exists.
 */
export function gpuView(held: HeldGpus): GpuView {
  const { gpus, machine } = held;
  if (gpus.length === 0) return { arguments: [], environment: gpuEnvironment(held), devices: [] };
  const devices = [...gpus.map(({ device }) => device), ...machine.shared];
  const libraries = machine.libraries.filter((path) => !isShown(path));
  const counted = gpus.map((gpu, index) => ({ ...gpu, index }));
  return {
    arguments: [
      devices.flatMap((name) => ['--dev-bind', `/dev/${name}`, `/dev/${name}`]),
      libraries.flatMap((path) => ['--ro-bind', path, path]),
      SOCKETS.flatMap((path) => (existsSync(path) ? ['--ro-bind', path, path] : [])),
    ].flat(),
    environment: gpuEnvironment({ ...held, gpus: counted }),
    devices,
  };
}

function isShown(path: string): boolean {
  return /^\/(?:usr|opt|lib|lib32|lib64|nix|gnu)\//.test(path);
}
