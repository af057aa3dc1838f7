import type { EngineCommand } from '../container/engine-command.ts';
import type { HeldGpus } from './hold-gpus.ts';

/**
 * What an engine's `run` is told of GPUs: devices of NVIDIA's CDI specification for Podman, `--gpus` for Docker. Pure.
 *
 * @see https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html
 */
export function gpuArguments({ kind }: Pick<EngineCommand, 'kind'>, held: HeldGpus): string[] {
  const { gpus, all } = held;
  if (gpus.length === 0) return [];
  if (kind === 'docker') {
    return ['--gpus', all ? 'all' : `"device=${gpus.map(({ index }) => index).join(',')}"`];
  }
  const names = all ? ['all'] : gpus.map(({ index }) => String(index));
  return names.flatMap((name) => ['--device', `nvidia.com/gpu=${name}`]);
}
