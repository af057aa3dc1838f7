import { type Gpu, type Gpus, machineGpus } from './find-gpus.ts';

/** The GPUs that a command has. */
export interface HeldGpus {
  readonly gpus: readonly Gpu[];
  /** Whether these are all of the machine. */
  readonly all: boolean;
  readonly machine: Gpus;
  /** Idempotent. */
  release(): void;
}

/** How many commands of this process have each GPU, by its device. */
const users = new Map<string, number>();

/**
 * Takes so many GPUs, first those that the fewest commands have. Where there are more commands than GPUs they share.
 *
 * @param wanted more than there are is all of them
 */
export function holdGpus(wanted: number, machine: Gpus = machineGpus()): HeldGpus {
  const load = ({ device }: Gpu) => users.get(device) ?? 0;
  const chosen = [...machine.gpus].sort((a, b) => load(a) - load(b) || a.index - b.index).slice(0, wanted);
  for (const gpu of chosen) users.set(gpu.device, load(gpu) + 1);
  let held = true;
  return {
    gpus: chosen.sort((a, b) => a.index - b.index),
    all: chosen.length === machine.gpus.length,
    machine,
    release() {
      if (!held) return;
      held = false;
      for (const gpu of chosen) users.set(gpu.device, load(gpu) - 1);
    },
  };
}

/**
 * The variables that lead CUDA to its GPUs, of a command that sees every device of the machine. Without a GPU on the
 * machine there is nothing to say.
 */
export function gpuEnvironment({ gpus, all, machine }: HeldGpus): Record<string, string> {
  if (machine.gpus.length === 0) return {};
  const path = gpus.length > 0 ? machine.unknownToLoader.join(':') : '';
  return {
    ...(path !== '' && { LD_LIBRARY_PATH: path }),
    ...(!(all && gpus.length > 0) && {
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: gpus.map(({ index }) => index).join(','),
    }),
  };
}
