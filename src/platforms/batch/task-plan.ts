import { createHash } from 'node:crypto';
import type {
  EcsPropertiesOverride,
  EcsTaskProperties,
  RegisterJobDefinitionCommandInput,
  SubmitJobCommandInput,
  TaskContainerOverrides,
} from '@aws-sdk/client-batch';
import { AGENT_VARIABLES, USER_CONTAINER } from '../../contract/agent-places.ts';
import { CODE_DIRECTORY } from '../../contract/paths.ts';
import { SluiceError } from '../../core/errors.ts';
import {
  ENVIRONMENT_FILE,
  fromFile,
  MOST_GROUPS,
  pairs,
  type TaskPlan,
  taskContainers,
} from './task-containers.ts';

/** What is registered, and what a job says beside. */
export interface PlannedTask {
  /** Named by its content. */
  readonly definition: RegisterJobDefinitionCommandInput & { readonly jobDefinitionName: string };
  readonly overrides: Pick<
    SubmitJobCommandInput,
    'ecsPropertiesOverride' | 'nodeOverrides' | 'arrayProperties'
  >;
}

/** ECS takes so many characters of overrides; what is longer is part of the definition. */
const MOST_OVERRIDES = 7500;
/** Bytes. */
const MOST_DEFINITION = 24 * 1024;

/** The definition of a job's containers and what the job says beside. Pure. @throws SluiceError `InvalidArgument` */
export function planTask(plan: TaskPlan): PlannedTask {
  const nodes = plan.type === 'transform' ? 1 : plan.hosts;
  const groups = groupsOf(plan, nodes);
  const own = groups.map((host) => overridesOf(plan, host));
  const isLong = own.some((each) => JSON.stringify(each).length > MOST_OVERRIDES);
  const tasks = groups.map((_, index) => taskContainers(plan, nodes, isLong ? own[index] : undefined));
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

function commandOf(plan: TaskPlan): string[] | undefined {
  const { command, arguments: words, workingDirectory } = plan.container;
  if (!command) return words && [...words];
  const program = [...command, ...(words ?? [])];
  if (workingDirectory === undefined) return program;
  const read = fromFile(plan) ? `set -a; . ${ENVIRONMENT_FILE}; set +a; ` : '';
  return ['/bin/sh', '-c', `${read}cd ${CODE_DIRECTORY} && exec "$@"`, 'sh', ...program];
}
