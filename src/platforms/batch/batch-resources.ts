import { findInstanceType } from '../../contract/instance-types.ts';
import type { BatchSettings } from '../../core/platforms-settings.ts';

/** What the user's container of a job gets. */
export interface BatchResources {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  /** Of /dev/shm. */
  readonly sharedMemoryMiB: number;
}

/** Of a task without an instance type. */
const DEFAULT = { vcpus: 1, memoryMiB: 2048 } as const;
/** Of each of the agent's containers. */
export const AGENT_MEMORY_MIB = 256;
/** An instance keeps some of its memory for itself. */
const SHARE = 0.9;

/**
 * What a job asks for: what the settings say of its instance type, else what such an instance has, so that one job fills
 * one instance. Pure.
 *
 * @param gpuCount of the task, where it says so
 */
export function batchResources(
  instanceType: string,
  gpuCount: number | undefined,
  { instanceTypes, agentVcpus = 0, sharedMemoryMiB }: BatchSettings,
): BatchResources {
  const own = instanceTypes?.[instanceType] ?? {};
  const known = findInstanceType(instanceType);
  const vcpus = own.vcpus ?? (known ? Math.max(1, known.vcpus - 2 * agentVcpus) : DEFAULT.vcpus);
  const memoryMiB =
    own.memoryMiB ??
    (known ? Math.floor(known.memoryGiB * 1024 * SHARE) - 2 * AGENT_MEMORY_MIB : DEFAULT.memoryMiB);
  const gpus = own.gpus ?? known?.gpus ?? gpuCount ?? 0;
  return { vcpus, memoryMiB, gpus, sharedMemoryMiB: sharedMemoryMiB ?? Math.floor(memoryMiB / 2) };
}
