import { availableParallelism, totalmem } from 'node:os';
import { machineGpus } from '../../executors/index.ts';
import type { OwnMachine } from '../../platforms/router/index.ts';

/** What this machine has. */
export function ownMachine(): OwnMachine {
  return {
    vcpus: availableParallelism(),
    memoryGiB: totalmem() / 2 ** 30,
    gpus: machineGpus().gpus.length,
  };
}
