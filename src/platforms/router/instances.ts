import { findInstanceType } from '../../contract/instance-types.ts';
import { SAGEMAKER_DEFAULTS } from '../../core/platforms-defaults.ts';
import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import type { TaskFacts } from './facts.ts';
import type { PlatformName } from './platform-names.ts';

/** A kind of node of CoreWeave. */
interface Node {
  readonly name: string;
  readonly gpu: string;
  readonly gpus: number;
}

/**
 * CoreWeave's nodes with GPUs, cheapest first; a job gets whole ones.
 *
 * @see https://docs.coreweave.com/platform/instances
 */
const NODES: readonly Node[] = [
  { name: 'V100', gpu: 'V100', gpus: 1 },
  { name: '8×L40S', gpu: 'L40S', gpus: 8 },
  { name: '8×A100', gpu: 'A100', gpus: 8 },
  { name: '4×GB200', gpu: 'GB200', gpus: 4 },
  { name: '8×H100', gpu: 'H100', gpus: 8 },
  { name: '8×H200', gpu: 'H200', gpus: 8 },
  { name: '8×B200', gpu: 'B200', gpus: 8 },
];

/** The GPU of a family of instance types, where CoreWeave has the same. */
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

/** The machines that a task would get on a platform. */
export interface Machines {
  /** In the platform's own words. */
  readonly instanceType: string;
  readonly count: number;
}

/** The machines that a task would get on a platform, or what is wrong with that. Pure. */
export function machinesOn(
  platform: PlatformName,
  facts: TaskFacts,
  settings: PlatformsSettings,
): Machines | string {
  const { instanceType, instanceCount: count } = facts;
  switch (platform) {
    case 'local':
      return { instanceType: 'local', count };
    case 'sagemaker': {
      const own = settings.sagemaker?.defaultInstanceType ?? SAGEMAKER_DEFAULTS.defaultInstanceType;
      const type = instanceType === 'local' ? own : instanceType;
      return notAllowed(type, facts, settings) ?? { instanceType: type, count: facts.autoCount ?? count };
    }
    case 'coreweave':
      return coreweaveNodes(facts);
    case 'emr':
      return emrWorkers(facts, settings);
    case 'kubernetes':
    case 'batch':
      return { instanceType: ec2Name(instanceType), count };
  }
}

/** `m5.xlarge` of `ml.m5.xlarge`. */
function ec2Name(instanceType: string): string {
  return instanceType === 'local' ? 'm5.large' : instanceType.replace(/^ml\./, '');
}

function notAllowed(
  type: string,
  { jobType }: TaskFacts,
  { sagemaker }: PlatformsSettings,
): string | undefined {
  const section =
    jobType === 'training' ? 'training' : jobType === 'processing' ? 'processing' : 'batchTransform';
  const allowed = sagemaker?.[section]?.instanceTypes;
  if (!allowed || allowed.includes(type)) return undefined;
  return `${type} is not among the instance types that platforms.sagemaker.${section} allows: ${allowed.join(', ')}`;
}

/** The same GPU as the instance type has, where there is such a node that has enough; else the cheapest that has. */
function coreweaveNodes({ instanceType, instanceCount, gpuCount }: TaskFacts): Machines | string {
  if (gpuCount === 0) return { instanceType: ec2Name(instanceType), count: instanceCount };
  const gpu = GPU_OF_FAMILY[instanceType.split('.')[1] ?? ''];
  const enough = NODES.filter(({ gpus }) => gpus >= gpuCount);
  const node = enough.find((each) => each.gpu === gpu) ?? enough[0];
  if (!node) return `no node has ${gpuCount} GPUs; the largest has 8`;
  return { instanceType: node.name, count: instanceCount };
}

/** EMR Serverless counts CPUs and memory; a cluster is there already. */
function emrWorkers({ instanceType, instanceCount: count }: TaskFacts, { emr }: PlatformsSettings): Machines {
  if (emr?.clusterId !== undefined) return { instanceType: `cluster ${emr.clusterId}`, count };
  const { vcpus, memoryGiB } = findInstanceType(instanceType) ?? { vcpus: 4, memoryGiB: 16 };
  return { instanceType: `${vcpus} vCPU, ${memoryGiB} GiB`, count };
}
