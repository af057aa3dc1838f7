import { findInstanceType } from '../contract/instance-types.ts';
import { machineGpus } from '../executors/index.ts';

/**
 * How many GPUs a host of an instance type gets: as many as the type has, as far as this machine has them. `local`
 * stands for this machine.
 */
export function gpuCount(instanceType: string | undefined): number {
  const here = machineGpus().gpus.length;
  if (instanceType === 'local') return here;
  return Math.min(findInstanceType(instanceType ?? '')?.gpus ?? 0, here);
}
