/**
 * The containers of a job on AWS Batch: the agent's `prepare`, the user's `main`, and the agent's `collect`, which feeds
 * while `main` runs and takes the results out once it has ended.
 *
 * Source: the API reference of AWS Batch (RegisterJobDefinition, SubmitJob), https://docs.aws.amazon.com/batch/latest/APIReference/.
 * By design: `main` is not essential, since a container that others wait for must not be; the job ends as `collect` does.
 * ECS ends containers in the reverse order of what they wait for: `main` first, then `collect`, which uploads what is there.
 * Gaps: Batch replaces neither the ENTRYPOINT of an image nor its working directory.
 */
import { createHash } from 'node:crypto';
import type {
  EcsPropertiesOverride,
  EcsTaskProperties,
  RegisterJobDefinitionCommandInput,
  SubmitJobCommandInput,
  TaskContainerOverrides,
  TaskContainerProperties,
} from '@aws-sdk/client-batch';
import {
  AGENT_DIRECTORY,
  AGENT_VARIABLES,
  STOP_GRACE_SECONDS,
  USER_CONTAINER,
} from '../../contract/agent-places.ts';
import { CODE_DIRECTORY } from '../../contract/paths.ts';
import { SluiceError } from '../../core/errors.ts';
import type { BatchSettings } from '../../core/platforms-settings.ts';
import type { UserContainer } from '../kubernetes/pod-template.ts';
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

/** What is registered, and what a job says beside. */
export interface PlannedTask {
  /** Named by its content. */
  readonly definition: RegisterJobDefinitionCommandInput & { readonly jobDefinitionName: string };
  readonly overrides: Pick<
    SubmitJobCommandInput,
    'ecsPropertiesOverride' | 'nodeOverrides' | 'arrayProperties'
  >;
}

/** Batch takes so many groups of nodes, which is how hosts get each its own environment. */
const MOST_GROUPS = 5;
/** ECS takes so many characters of overrides; what is longer is part of the definition. */
const MOST_OVERRIDES = 7500;
/** Bytes. */
const MOST_DEFINITION = 24 * 1024;
/** Where the agent leaves what only a shell in the user's container reads. */
const HOST_FILES = '/var/lib/sluice-host';
const ENVIRONMENT_FILE = `${HOST_FILES}/environment`;
const LOG_PREFIX = 'sluice';
const DEFAULT_LOG_GROUP = '/aws/batch/job';
const DEFAULT_AGENT_SECRET = '/sluice/agent-secret';
const UPLOAD_SECONDS = 600;

/** The group of CloudWatch Logs that jobs print to. Pure. */
export function logGroupOf({ logGroup = DEFAULT_LOG_GROUP }: BatchSettings): string {
  return logGroup;
}

/** The parameter that the keys of results come from. Pure. */
export function secretNameOf({ agentSecret = DEFAULT_AGENT_SECRET }: BatchSettings): string {
  return agentSecret;
}

/** Of the upload after a stop. Pure. */
export function uploadSecondsOf({ uploadSeconds = UPLOAD_SECONDS }: BatchSettings): number {
  return uploadSeconds;
}

/** The definition of a job's containers and what the job says beside. Pure. @throws SluiceError `InvalidArgument` */
export function planTask(plan: TaskPlan): PlannedTask {
  const nodes = plan.type === 'transform' ? 1 : plan.hosts;
  const groups = groupsOf(plan, nodes);
  const own = groups.map((host) => overridesOf(plan, host));
  const isLong = own.some((each) => JSON.stringify(each).length > MOST_OVERRIDES);
  const tasks = groups.map((_, index) => taskOf(plan, nodes, isLong ? own[index] : undefined));
  const properties: Omit<RegisterJobDefinitionCommandInput, 'jobDefinitionName'> =
    nodes === 1
      ? { type: 'container', ecsProperties: { taskProperties: [tasks[0] as EcsTaskProperties] } }
      : {
          type: 'multinode',
          nodeProperties: {
            numNodes: nodes,
            mainNode: 0,
            nodeRangeProperties: tasks.map((task, index) => ({
              targetNodes: rangeOf(index, groups.length, nodes),
              ecsProperties: { taskProperties: [task] },
            })),
          },
        };
  const definition = { ...properties, platformCapabilities: ['EC2' as const] };
  const text = JSON.stringify(definition);
  if (Buffer.byteLength(text) > MOST_DEFINITION)
    throw new SluiceError(
      'InvalidArgument',
      `The job's environment is too large for AWS Batch: with it the definition has ${Buffer.byteLength(text)} bytes, and Batch takes ${MOST_DEFINITION}.`,
      { hint: 'Hand large values over as an input, not as hyperparameters or environment.' },
    );
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 32);
  return {
    definition: { jobDefinitionName: `sluice-${digest}`, ...definition },
    overrides: {
      ...(!isLong &&
        (nodes === 1 ? { ecsPropertiesOverride: own[0] } : { nodeOverrides: nodeOverrides(own, nodes) })),
      ...(plan.type === 'transform' && plan.hosts > 1 && { arrayProperties: { size: plan.hosts } }),
    },
  };
}

/** The first host of each group of nodes. */
function groupsOf({ isScript, container, hosts }: TaskPlan, nodes: number): number[] {
  if (nodes === 1) return [0];
  if (nodes <= MOST_GROUPS) return Array.from({ length: hosts }, (_, index) => index);
  if (isScript || container.hostVariables.length === 0) return [0];
  throw new SluiceError(
    'InvalidArgument',
    `AWS Batch gives an own environment to at most ${MOST_GROUPS} hosts of an image that starts by itself, got ${nodes} hosts.`,
    { hint: 'Give the task a script and no command, take fewer and larger instances, or another platform.' },
  );
}

function rangeOf(index: number, groups: number, nodes: number): string {
  return groups === 1 ? `0:${nodes - 1}` : `${index}:${index}`;
}

function nodeOverrides(own: readonly EcsPropertiesOverride[], nodes: number) {
  return {
    nodePropertyOverrides: own.map((ecsPropertiesOverride, index) => ({
      targetNodes: rangeOf(index, own.length, nodes),
      ecsPropertiesOverride,
    })),
  };
}

/** What of the containers is the job's own. */
function overridesOf(plan: TaskPlan, host: number): EcsPropertiesOverride {
  const { document, attempt, container } = plan;
  const agent = pairs({
    [AGENT_VARIABLES.document]: document.uri,
    [AGENT_VARIABLES.digest]: document.digest,
    [AGENT_VARIABLES.attempt]: attempt,
  });
  const command = commandOf(plan);
  const environment = { ...(fromFile(plan) ? {} : plan.environments[host]), ...container.environment };
  const main: TaskContainerOverrides = {
    name: USER_CONTAINER,
    ...(command && { command }),
    environment: pairs(environment),
  };
  return {
    taskProperties: [
      {
        containers: [{ name: 'prepare', environment: agent }, main, { name: 'collect', environment: agent }],
      },
    ],
  };
}

/** Whether hosts read what differs between them from a file. */
function fromFile({ type, hosts, isScript }: TaskPlan): boolean {
  return isScript && type !== 'transform' && hosts > MOST_GROUPS;
}

function commandOf(plan: TaskPlan): string[] | undefined {
  const { command, arguments: words, workingDirectory } = plan.container;
  if (!command) return words && [...words];
  const program = [...command, ...(words ?? [])];
  if (workingDirectory === undefined) return program;
  const read = fromFile(plan) ? `set -a; . ${ENVIRONMENT_FILE}; set +a; ` : '';
  return ['/bin/sh', '-c', `${read}cd ${CODE_DIRECTORY} && exec "$@"`, 'sh', ...program];
}

function taskOf(plan: TaskPlan, nodes: number, own: EcsPropertiesOverride | undefined): EcsTaskProperties {
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

function pairs(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
