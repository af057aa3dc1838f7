/**
 * flytekit's functions on SageMaker: `SageMakerTraining` and `SageMakerProcessing` as `task_config`.
 *
 * @see flytekitplugins-awssagemaker 1.16.31, `pythonic_base.py`, for the members of the configuration
 *
 * By design: a function is a run as those of `sluice_training` are, so that a spot loss spends none of the user's retries
 * and its values go through the job's store; its job is named after its execution, and not after `job_name_prefix`.
 */
import { SluiceError } from '../../../core/errors.ts';
import { describeValue } from '../../../core/json-problem.ts';
import type { PlatformsSettings } from '../../../core/platforms-settings.ts';
import type { Json } from '../../../graph/index.ts';
import type { FlyteTask } from '../flyte-task.ts';
import { planFunction, runsContainer } from '../runs/function-task.ts';
import { jobGraph } from '../runs/job-graph.ts';
import { recordOf } from '../runs/job-task.ts';
import type { PlannedRun } from '../runs/run-task-type.ts';

type JsonMap = Readonly<Record<string, Json>>;

/** Their members, by what the graph calls them. */
const MEMBERS = {
  execution_role_arn: 'role',
  instance_type: 'instanceType',
  instance_count: 'instanceCount',
  volume_size_in_gb: 'volumeSizeInGB',
  max_runtime_in_seconds: 'maxRuntimeInSeconds',
  environment: 'environment',
  kms_key_id: 'volumeKmsKeyId',
  tags: 'tags',
} as const;

/** What flytekit's plugin takes where the configuration is silent. */
const DEFAULTS = { instanceType: 'ml.m5.large', maxRuntimeInSeconds: 3600 };

/** The run of a function: on SageMaker where the connector has settings of it, else here. @throws SluiceError `InvalidArgument` */
export function planSageMakerFunction(
  task: FlyteTask,
  type: 'training' | 'processing',
  store: string,
  platforms: PlatformsSettings,
): PlannedRun {
  const { custom } = task;
  expectRegion(custom['region'], platforms);
  const named = Object.entries(MEMBERS).flatMap(([theirs, ours]) => {
    const value = custom[theirs];
    return value === undefined || value === null ? [] : [[ours, value] as const];
  });
  const own = {
    ...DEFAULTS,
    ...Object.fromEntries(named),
    ...networkOf(custom),
    ...(type === 'training' && typeof custom['output_s3_path'] === 'string'
      ? { s3OutputPath: custom['output_s3_path'] }
      : {}),
    platform: platforms.sagemaker ? 'sagemaker' : 'local',
  };
  return planContainer(task, own, type, store);
}

/** The run of a task's container. @throws SluiceError `InvalidArgument` where it has none */
export function planContainer(
  task: FlyteTask,
  own: JsonMap,
  type: 'training' | 'processing',
  store: string,
): PlannedRun {
  const function_ = { ...task, custom: { task: own } };
  if (!runsContainer(function_))
    throw new SluiceError(
      'InvalidArgument',
      `The task ${task.name} has no container with an image and a command, which a function runs in.`,
      { hint: 'Give @task a container_image that has flytekit.' },
    );
  if (own['instanceCount'] !== undefined && own['instanceCount'] !== 1)
    throw new SluiceError(
      'InvalidArgument',
      `custom.instance_count: expected 1, got ${describeValue(own['instanceCount'])}.`,
      { hint: 'A function runs once. For several instances take sluice_training or sagemaker-training-job.' },
    );
  const { inputs, ...planned } = planFunction(function_, type, store);
  return { graph: jobGraph({ ...planned, inputs }), inputs, functionStore: store };
}

/** A run goes to the connector's own SageMaker, which is of one region. */
function expectRegion(region: Json | undefined, { sagemaker }: PlatformsSettings): void {
  if (!sagemaker || sagemaker.endpoint !== undefined || sagemaker.region === undefined) return;
  if (region === undefined || region === null || region === sagemaker.region) return;
  throw new SluiceError(
    'InvalidArgument',
    `custom.region: expected '${sagemaker.region}', where this connector's platforms.sagemaker is, got ${describeValue(region)}.`,
    { hint: 'Name that region in the task, or give this project a connector of the other one.' },
  );
}

function networkOf(custom: JsonMap): JsonMap {
  const network = recordOf(custom['network_config']);
  if (network['EnableNetworkIsolation'] === true)
    throw new SluiceError(
      'InvalidArgument',
      'custom.network_config.EnableNetworkIsolation: a function without a network cannot fetch its code.',
      { hint: 'Leave it out.' },
    );
  const vpc = recordOf(custom['vpc_config'] ?? network['VpcConfig']);
  const { Subnets: subnets, SecurityGroupIds: securityGroupIds } = vpc;
  return subnets === undefined || securityGroupIds === undefined
    ? {}
    : { vpcConfig: { subnets, securityGroupIds } };
}
