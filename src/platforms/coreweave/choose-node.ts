import { findInstanceType } from '../../contract/instance-types.ts';
import { SluiceError } from '../../core/errors.ts';
import type { KubernetesInstanceType } from '../../core/platforms-settings.ts';
import type { JobTask } from '../../graph/index.ts';
import type { KubeObject } from '../kubernetes/client/objects.ts';
import { quantity } from '../kubernetes/resources.ts';

/** A kind of node that the cluster has now. */
export interface NodeKind {
  /** `gd-8xh100ib-i128` */
  readonly instanceType: string;
  /** `H100_NVLINK_80GB`, `H200`, as the nodes say it; empty for one without GPUs. */
  readonly gpuClass: string;
  readonly gpus: number;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  /** Taints that keep pods off which do not tolerate them. */
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
}

/** What of a task says which node it gets. */
type PlacedTask = Pick<JobTask, 'name' | 'instanceType' | 'gpuCount'>;

const TYPE_LABEL = 'node.kubernetes.io/instance-type';
/** The value of either varies from cluster to cluster. */
const GPU_LABELS = ['gpu.nvidia.com/class', 'gpu.nvidia.com/model'] as const;
const GPU = 'nvidia.com/gpu';

/** A node is billed whole, and needs something for itself. */
const SHARE = 0.9;

/** The GPU of a family of SageMaker's instance types. */
const GPU_OF_FAMILY: Readonly<Record<string, string>> = {
  p3: 'V100',
  p3dn: 'V100',
  p4d: 'A100',
  p4de: 'A100',
  g6e: 'L40S',
  p5: 'H100',
  p5e: 'H200',
  p5en: 'H200',
  'p6-b200': 'B200',
  'p6e-gb200': 'GB200',
};

/** What kinds of nodes there are. Pure. */
export function nodeKinds(nodes: readonly KubeObject[]): NodeKind[] {
  const kinds = new Map<string, NodeKind>();
  for (const { metadata, spec, status } of nodes) {
    const labels = metadata.labels ?? {};
    const instanceType = labels[TYPE_LABEL];
    const allocatable = (status?.['allocatable'] ?? {}) as Readonly<Record<string, string>>;
    if (instanceType === undefined || kinds.has(instanceType)) continue;
    kinds.set(instanceType, {
      instanceType,
      gpuClass: GPU_LABELS.map((label) => labels[label]).find((value) => value !== undefined) ?? '',
      gpus: Number(allocatable[GPU] ?? 0),
      cpus: cpusOf(allocatable['cpu'] ?? '0'),
      memory: quantity(allocatable['memory'] ?? '0'),
      taints: (spec?.['taints'] ?? []) as NodeKind['taints'],
    });
  }
  return [...kinds.values()].sort((a, b) => a.gpus - b.gpus || a.cpus - b.cpus);
}

/**
 * The kind of node that a job gets: the one it names; else one with the same GPU as its instance type and enough of them;
 * else the smallest that has enough. Undefined for a job without GPUs that names no kind: any node will do. Pure.
 *
 * @throws SluiceError `CapacityUnavailable` that says which kinds there are
 */
export function chooseNode(task: PlacedTask, kinds: readonly NodeKind[]): NodeKind | undefined {
  const { instanceType } = task;
  const named = kinds.find((kind) => kind.instanceType === instanceType);
  if (named) return named;
  const known = findInstanceType(instanceType);
  const gpus = task.gpuCount ?? known?.gpus ?? 0;
  if (known === undefined && instanceType !== '' && instanceType !== 'local')
    throw none(task, `no node of the type '${instanceType}'`, kinds);
  if (gpus === 0) return undefined;
  const enough = kinds.filter((kind) => kind.gpus >= gpus);
  const gpu = GPU_OF_FAMILY[instanceType.split('.')[1] ?? ''];
  const same = enough.find(({ gpuClass }) => gpu !== undefined && isClass(gpuClass, gpu));
  const chosen = same ?? enough[0];
  if (chosen) return chosen;
  throw none(task, `no node with ${gpus} GPUs`, kinds);
}

/** What a kind of node means for a pod: all of the node, since all of it is billed. Pure. */
export function nodeRequest(kind: NodeKind, gpus: number | undefined): KubernetesInstanceType {
  return {
    cpus: `${Math.floor(kind.cpus * SHARE * 1000)}m`,
    memory: `${Math.floor((kind.memory * SHARE) / 2 ** 20)}Mi`,
    gpus: gpus ?? kind.gpus,
    nodeSelector: { [TYPE_LABEL]: kind.instanceType },
    tolerations: kind.taints
      .filter(({ key }) => /gpu/i.test(key))
      .map(({ key, effect }) => ({ key, operator: 'Exists', effect: effect as 'NoSchedule' })),
  };
}

/** `H100` is the class `H100_NVLINK_80GB`, and not `GH100`. */
function isClass(gpuClass: string, gpu: string): boolean {
  return gpuClass.split(/[^A-Za-z0-9]+/).some((word) => word.toUpperCase() === gpu);
}

function none(task: PlacedTask, what: string, kinds: readonly NodeKind[]): SluiceError {
  const there = kinds.map(
    ({ instanceType, gpus, gpuClass }) => `${instanceType} (${gpus > 0 ? `${gpus}× ${gpuClass}` : 'no GPU'})`,
  );
  return new SluiceError(
    'CapacityUnavailable',
    `Task '${task.name}': the cluster has ${what}; it has ${there.join(', ') || 'no nodes that name their type'}.`,
    { hint: 'Name one of them as instanceType, or add a NodePool of the type.' },
  );
}

function cpusOf(text: string): number {
  return text.endsWith('m') ? Number(text.slice(0, -1)) / 1000 : Number(text);
}
