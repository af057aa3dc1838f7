import { findInstanceType } from '../../contract/instance-types.ts';
import type { KubernetesSettings, KubernetesToleration } from '../../core/platforms-settings.ts';

/** What the user's container of a pod gets, and where the pod may run. */
export interface PodResources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  /** As the job's files and environment say it. */
  readonly cpus: number;
  readonly gpus: number;
  /** Of /dev/shm. */
  readonly sharedMemory: string;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly KubernetesToleration[];
}

const DEFAULT = { cpus: '1', memory: '2Gi' } as const;

/** A node keeps some of what it has for itself, and the agent needs a little: the rest is asked for. */
const SHARE = { cpus: 0.9, memory: 0.85 } as const;

/**
 * What a job asks for: what the settings say of its instance type, else what the type has; without a type
 * `defaultCpus` and `defaultMemory`. Pure.
 *
 * @param gpuCount of the task, where it says so
 */
export function podResources(
  instanceType: string,
  gpuCount: number | undefined,
  settings: KubernetesSettings,
): PodResources {
  const own = settings.instanceTypes?.[instanceType] ?? {};
  const known = findInstanceType(instanceType);
  const cpus = own.cpus ?? (known ? milli(known.vcpus * SHARE.cpus) : (settings.defaultCpus ?? DEFAULT.cpus));
  const memory =
    own.memory ??
    (known ? mebi(known.memoryGiB * 1024 * SHARE.memory) : (settings.defaultMemory ?? DEFAULT.memory));
  const gpus = own.gpus ?? known?.gpus ?? gpuCount ?? 0;
  const gpu = gpus > 0 ? { [settings.gpuResource ?? 'nvidia.com/gpu']: String(gpus) } : {};
  const most = known && !own.cpus ? String(known.vcpus) : undefined;
  return {
    requests: { cpu: cpus, memory, ...gpu },
    limits: {
      memory: known && !own.memory ? mebi(known.memoryGiB * 1024) : memory,
      ...(most && { cpu: most }),
      ...gpu,
    },
    cpus: known?.vcpus ?? Math.max(1, Math.ceil(cpusOf(cpus))),
    gpus,
    sharedMemory: settings.sharedMemory ?? String(Math.floor(quantity(memory) / 2)),
    nodeSelector: { ...settings.nodeSelector, ...own.nodeSelector },
    tolerations: [...(settings.tolerations ?? []), ...(own.tolerations ?? [])],
  };
}

function milli(cpus: number): string {
  return `${Math.floor(cpus * 1000)}m`;
}

function mebi(count: number): string {
  return `${Math.floor(count)}Mi`;
}

function cpusOf(text: string): number {
  return text.endsWith('m') ? Number(text.slice(0, -1)) / 1000 : Number(text);
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Bytes of a quantity of Kubernetes: `500Mi`. NaN for what is none. Pure. */
export function quantity(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([kMGT]i?|Ki)?$/.exec(text) ?? [];
  return number === undefined ? Number.NaN : Number(number) * (UNITS[unit] ?? Number.NaN);
}
