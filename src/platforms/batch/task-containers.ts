/**
 * The containers of a job on AWS Batch: the agent's `prepare`, the user's `main`, and the agent's `collect`, which feeds
 * while `main` runs and takes the results out once it has ended.
 *
 * Source: the API reference of AWS Batch (RegisterJobDefinition, SubmitJob), https://docs.aws.amazon.com/batch/latest/APIReference/.
 * By design: `main` is not essential, since a container that others wait for must not be; the job ends as `collect` does.
 * ECS ends containers in the reverse order of what they wait for: `main` first, then `collect`, which uploads what is there.
 * Gaps: Batch replaces neither the ENTRYPOINT of an image nor its working directory.
 */
import type {
  EcsPropertiesOverride,
  EcsTaskProperties,
  TaskContainerOverrides,
  TaskContainerProperties,
} from '@aws-sdk/client-batch';
import {
  AGENT_DIRECTORY,
  AGENT_VARIABLES,
  STOP_GRACE_SECONDS,
  USER_CONTAINER,
} from '../../contract/agent-places.ts';
import type { BatchSettings } from '../../core/platforms-settings.ts';
import type { UserContainer } from '../kubernetes/pod-template.ts';
import { logGroupOf, secretNameOf, uploadSecondsOf } from './batch-names.ts';
import { AGENT_MEMORY_MIB, type BatchResources } from './batch-resources.ts';

/** What the containers of a job are made from. */
export interface TaskPlan {
  readonly type: 'training' | 'processing' | 'transform';
  readonly hosts: number;
  /** The same on each host, but for its environment. */
  readonly container: UserContainer;
  /** The whole environment of the user's container, by host. */
  readonly environments: readonly Readonly<Record<string, string>>[];
  /** Whether nothing but the job's own script runs: it is started by a shell. */
  readonly isScript: boolean;
  readonly resources: BatchResources;
  /** Directories outside of /opt/ml that the agent brings or takes. */
  readonly places: readonly string[];
  readonly document: { readonly uri: string; readonly digest: string };
  readonly attempt: string;
  readonly agentImage: string;
  readonly region: string;
  /** In place of AWS. */
  readonly endpoint?: string | undefined;
  readonly settings: BatchSettings;
}

/** Batch takes so many groups of nodes, which is how hosts get each its own environment. */
export const MOST_GROUPS = 5;
/** Where the agent leaves what only a shell in the user's container reads. */
const HOST_FILES = '/var/lib/sluice-host';
/** The environment of the user's container, where it reads it from a file. */
export const ENVIRONMENT_FILE = `${HOST_FILES}/environment`;
const LOG_PREFIX = 'sluice';

/**
 * The containers of a task. Pure.
 *
 * @param own - What of them is the job's own, where that is no override
 */
export function taskContainers(
  plan: TaskPlan,
  nodes: number,
  own: EcsPropertiesOverride | undefined,
): EcsTaskProperties {
  const { settings } = plan;
  const of = (name: string) => own?.taskProperties?.[0]?.containers?.find((each) => each.name === name);
  const parts = [prepareContainer(plan, nodes), userContainer(plan), collectContainer(plan)];
  return {
    containers: parts.map((part) => merged(part, of(part.name ?? ''))),
    ...(settings.executionRole !== undefined && { executionRoleArn: settings.executionRole }),
    ...(settings.jobRole !== undefined && { taskRoleArn: settings.jobRole }),
    volumes: volumesOf(plan).map((name) => ({ name, host: {} })),
  };
}

function merged(
  part: TaskContainerProperties,
  own: TaskContainerOverrides | undefined,
): TaskContainerProperties {
  if (!own) return part;
  return {
    ...part,
    ...(own.command && { command: own.command }),
    environment: [...(part.environment ?? []), ...(own.environment ?? [])],
  };
}

function userContainer(plan: TaskPlan): TaskContainerProperties {
  const { container, resources, type } = plan;
  return {
    name: USER_CONTAINER,
    image: container.image,
    essential: false,
    dependsOn: [
      { containerName: 'prepare', condition: 'SUCCESS' },
      // Who serves is there before it is asked; who is fed begins once somebody feeds.
      ...(type === 'transform' ? [] : [{ containerName: 'collect', condition: 'START' }]),
    ],
    resourceRequirements: [
      { type: 'VCPU', value: String(resources.vcpus) },
      { type: 'MEMORY', value: String(resources.memoryMiB) },
      ...(resources.gpus > 0 ? [{ type: 'GPU' as const, value: String(resources.gpus) }] : []),
    ],
    mountPoints: [
      ...mlMounts(plan),
      ...(fromFile(plan) ? [{ sourceVolume: 'host', containerPath: HOST_FILES, readOnly: true }] : []),
    ],
    // As process 1 a program that handles no SIGTERM would not hear of it.
    linuxParameters: { initProcessEnabled: true, sharedMemorySize: resources.sharedMemoryMiB },
    stopTimeout: STOP_GRACE_SECONDS,
    logConfiguration: logOf(plan),
  };
}

function prepareContainer(plan: TaskPlan, nodes: number): TaskContainerProperties {
  const { resources } = plan;
  const files = fromFile(plan)
    ? [
        '--cpus',
        String(resources.vcpus),
        '--gpus',
        String(resources.gpus),
        '--environment-file',
        ENVIRONMENT_FILE,
      ]
    : [];
  return {
    ...agentContainer(plan, 'prepare', [
      'prepare',
      ...files,
      ...(nodes > 1 ? ['--hosts-file', '/etc/hosts'] : []),
    ]),
    essential: false,
    mountPoints: [
      ...agentMounts(plan),
      ...(fromFile(plan) ? [{ sourceVolume: 'host', containerPath: HOST_FILES }] : []),
    ],
  };
}

function collectContainer(plan: TaskPlan): TaskContainerProperties {
  const isTransform = plan.type === 'transform';
  return {
    ...agentContainer(plan, 'collect', isTransform ? ['collect'] : ['feed', '--collect']),
    essential: true,
    dependsOn: [
      { containerName: 'prepare', condition: 'SUCCESS' },
      ...(isTransform ? [{ containerName: USER_CONTAINER, condition: 'START' }] : []),
    ],
    mountPoints: agentMounts(plan),
    stopTimeout: uploadSecondsOf(plan.settings),
  };
}

function agentContainer(plan: TaskPlan, name: string, verb: readonly string[]): TaskContainerProperties {
  const { settings, region, endpoint, agentImage } = plan;
  return {
    name,
    image: agentImage,
    command: ['agent', ...verb],
    environment: pairs({
      [AGENT_VARIABLES.end]: 'ecs',
      [AGENT_VARIABLES.container]: USER_CONTAINER,
      AWS_REGION: region,
      SLUICE_S3: endpoint ?? 'aws',
      ...(endpoint !== undefined && { AWS_ENDPOINT_URL: endpoint }),
    }),
    // The execution role reads it, which no container of the job has.
    secrets: [{ name: AGENT_VARIABLES.secret, valueFrom: secretNameOf(settings) }],
    resourceRequirements: [
      { type: 'MEMORY', value: String(AGENT_MEMORY_MIB) },
      ...(settings.agentVcpus === undefined
        ? []
        : [{ type: 'VCPU' as const, value: String(settings.agentVcpus) }]),
    ],
    logConfiguration: logOf(plan),
  };
}

function logOf({ settings, region }: TaskPlan) {
  return {
    logDriver: 'awslogs' as const,
    options: {
      'awslogs-group': logGroupOf(settings),
      'awslogs-region': region,
      'awslogs-stream-prefix': LOG_PREFIX,
    },
  };
}

function mlMounts({ places }: TaskPlan) {
  return [
    { sourceVolume: 'ml', containerPath: '/opt/ml' },
    ...places.map((containerPath, index) => ({ sourceVolume: `place-${index}`, containerPath })),
  ];
}

function agentMounts(plan: TaskPlan) {
  return [...mlMounts(plan), { sourceVolume: 'agent', containerPath: AGENT_DIRECTORY }];
}

function volumesOf(plan: TaskPlan): string[] {
  return [
    'ml',
    'agent',
    ...plan.places.map((_, index) => `place-${index}`),
    ...(fromFile(plan) ? ['host'] : []),
  ];
}

/** Whether hosts read what differs between them from a file. Pure. */
export function fromFile({ type, hosts, isScript }: TaskPlan): boolean {
  return isScript && type !== 'transform' && hosts > MOST_GROUPS;
}

/** In the form of ECS. Pure. */
export function pairs(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
