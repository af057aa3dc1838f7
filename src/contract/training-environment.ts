/**
 * The environment of a training job.
 *
 * Source: the platform's own variables from logs of real jobs; the `SM_*` set from sagemaker-training-toolkit
 * (`Environment.to_env_vars`); the further ones from the SageMaker Python SDK's v3 container driver. On SageMaker
 * the `SM_*` set is computed inside the framework containers; here every job gets it, so that a script runs alike
 * whatever its image. `SAGEMAKER_JOB_NAME`, `AWS_DEFAULT_REGION` and `SM_NUM_INSTANCES` are additions that
 * scripts in the field rely on, and so are those that lead AWS clients to the home's own services
 * (`service-environment.ts`).
 *
 * Gaps: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` and `ECS_CONTAINER_METADATA_URI` are not set, because nothing
 * answers there and AWS clients would wait for it. `SM_HP_MP_PARAMETERS` and `SM_DISTRIBUTED_CONFIG` belong to
 * launchers that run inside the job and write them themselves.
 *
 * By design: the request's own Environment wins over all of these.
 */
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { groupOfHost, planHosts } from './hosts.ts';
import { imageEnvironment } from './images.ts';
import {
  CODE_DIRECTORY,
  channelDirectory,
  FAILURE_FILE,
  INPUT_CONFIG_DIRECTORY,
  INPUT_DATA_DIRECTORY,
  INPUT_DIRECTORY,
  METRICS_DIRECTORY,
  MODEL_DIRECTORY,
  OUTPUT_DATA_DIRECTORY,
  OUTPUT_DIRECTORY,
  OUTPUT_INTERMEDIATE_DIRECTORY,
} from './paths.ts';
import {
  decodePythonValue,
  encodeCommandArguments,
  encodeEnvironmentValue,
  type PythonValue,
  pythonInteger,
} from './python-value.ts';
import { type ServiceAccess, serviceEnvironment } from './service-environment.ts';
import { inputDataConfig, NETWORK_INTERFACE_NAME, resourceConfig } from './training-files.ts';

/** What the environment of a training job is made of. */
export interface TrainingEnvironmentOptions {
  readonly request: CreateTrainingJobRequest;
  /** `algo-1`, … */
  readonly host: string;
  readonly arn: string;
  readonly region: string;
  /** Of the machine that runs the job. */
  readonly cpus: number;
  readonly gpus: number;
  /** Where the job's own AWS clients find the services. @default nowhere */
  readonly services?: ServiceAccess | undefined;
}

/** The hyperparameters that the toolkit keeps for itself; they are in none of its variables. */
const TOOLKIT_HYPERPARAMETERS: ReadonlySet<string> = new Set([
  'sagemaker_program',
  'sagemaker_submit_directory',
  'sagemaker_enable_cloudwatch_metrics',
  'sagemaker_region',
  'sagemaker_container_log_level',
  'sagemaker_job_name',
  'default_user_module_name',
  '_tuning_objective_metric',
  'sagemaker_s3_output',
]);

const LOG_LEVEL_INFO = pythonInteger(20);
const MASTER_PORT = '7777';

/** The whole environment of a training job on one host, without `PATH` and `HOME`, which are the executor's. */
export function trainingEnvironment(options: TrainingEnvironmentOptions): Record<string, string> {
  const { request } = options;
  return {
    ...platformVariables(options),
    ...serviceEnvironment(options.services, request.Environment),
    ...toolkitVariables(options),
    ...driverVariables(options),
    SM_NUM_INSTANCES: String(planHosts(request.ResourceConfig ?? {}).hosts.length),
    ...imageEnvironment(request.AlgorithmSpecification?.TrainingImage ?? ''),
    ...request.Environment,
  };
}

/** Hyperparameters as the toolkit passes them to a script: `['--epochs', '3']`. */
export function hyperparameterArguments(hyperparameters: Readonly<Record<string, string>>): string[] {
  return encodeCommandArguments(splitHyperparameters(hyperparameters).user);
}

function platformVariables({ request, arn, region }: TrainingEnvironmentOptions): Record<string, string> {
  const name = request.TrainingJobName ?? '';
  return {
    TRAINING_JOB_NAME: name,
    TRAINING_JOB_ARN: arn,
    SAGEMAKER_JOB_NAME: name,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_ECS_EC2',
    DMLC_INTERFACE: NETWORK_INTERFACE_NAME,
    SAGEMAKER_METRICS_DIRECTORY: METRICS_DIRECTORY,
  };
}

function toolkitVariables(options: TrainingEnvironmentOptions): Record<string, string> {
  const facts = toolkitFacts(options);
  const { hyperparameters, channel_input_dirs: channels } = facts;
  const values: Record<string, PythonValue> = {
    HOSTS: facts.hosts,
    NETWORK_INTERFACE_NAME: facts.network_interface_name,
    HPS: hyperparameters,
    USER_ENTRY_POINT: facts.user_entry_point,
    FRAMEWORK_PARAMS: facts.additional_framework_parameters,
    RESOURCE_CONFIG: facts.resource_config,
    INPUT_DATA_CONFIG: facts.input_data_config,
    OUTPUT_DATA_DIR: facts.output_data_dir,
    CHANNELS: Object.keys(channels).sort(),
    CURRENT_HOST: facts.current_host,
    CURRENT_INSTANCE_TYPE: facts.current_instance_type,
    CURRENT_INSTANCE_GROUP: facts.current_instance_group,
    CURRENT_INSTANCE_GROUP_HOSTS: facts.current_instance_group_hosts,
    INSTANCE_GROUPS: facts.instance_groups,
    INSTANCE_GROUPS_DICT: facts.instance_groups_dict,
    DISTRIBUTION_INSTANCE_GROUPS: facts.distribution_instance_groups,
    IS_HETERO: facts.is_hetero,
    MODULE_NAME: facts.module_name,
    LOG_LEVEL: facts.log_level,
    FRAMEWORK_MODULE: facts.framework_module,
    INPUT_DIR: facts.input_dir,
    INPUT_CONFIG_DIR: facts.input_config_dir,
    OUTPUT_DIR: facts.output_dir,
    NUM_CPUS: facts.num_cpus,
    NUM_GPUS: facts.num_gpus,
    NUM_NEURONS: facts.num_neurons,
    MODEL_DIR: facts.model_dir,
    MODULE_DIR: facts.module_dir,
    TRAINING_ENV: facts,
    USER_ARGS: encodeCommandArguments(hyperparameters),
    OUTPUT_INTERMEDIATE_DIR: facts.output_intermediate_dir,
  };
  for (const [name, path] of Object.entries(channels)) values[`CHANNEL_${name.toUpperCase()}`] = path;
  // The toolkit keeps hyphens, the v3 driver turns them into underscores: both are set.
  for (const [name, value] of Object.entries(hyperparameters)) {
    values[`HP_${name.toUpperCase().replaceAll('-', '_')}`] ??= value;
    values[`HP_${name.toUpperCase()}`] = value;
  }
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`SM_${name}`, encodeEnvironmentValue(value)]),
  );
}

/** The toolkit's `Environment` object: what it prints as "Training Env" and sets as `SM_TRAINING_ENV`. */
function toolkitFacts({ request, host, cpus, gpus }: TrainingEnvironmentOptions) {
  const plan = planHosts(request.ResourceConfig ?? {});
  const group = groupOfHost(plan, host);
  const groupNames = plan.groups.map((each) => each.name);
  const resources = resourceConfig(plan, host);
  const { user, framework, sagemaker } = splitHyperparameters(request.HyperParameters ?? {});
  const entry = sagemaker['sagemaker_program'] ?? request.Environment?.['SAGEMAKER_PROGRAM'] ?? null;
  return {
    additional_framework_parameters: framework,
    channel_input_dirs: Object.fromEntries(
      channelNames(request).map((name) => [name, channelDirectory(name)]),
    ),
    current_host: host,
    current_instance_group: group.name,
    current_instance_group_hosts: group.hosts,
    current_instance_type: group.instanceType,
    distribution_hosts: [] as readonly string[],
    distribution_instance_groups: [] as readonly string[],
    framework_module: request.Environment?.['SAGEMAKER_TRAINING_MODULE'] ?? null,
    hosts: plan.hosts,
    hyperparameters: user,
    input_config_dir: INPUT_CONFIG_DIRECTORY,
    input_data_config: inputDataConfig(request) as unknown as { readonly [key: string]: PythonValue },
    input_dir: INPUT_DIRECTORY,
    instance_groups: groupNames,
    instance_groups_dict: Object.fromEntries(
      resources.instance_groups.map((each) => [each.instance_group_name, each]),
    ) as unknown as { readonly [key: string]: PythonValue },
    is_hetero: groupNames.length > 1,
    is_master: plan.hosts[0] === host,
    is_modelparallel_enabled: null,
    is_smddpmprun_installed: false,
    is_smddprun_installed: false,
    job_name: request.TrainingJobName ?? '',
    log_level: sagemaker['sagemaker_container_log_level'] ?? LOG_LEVEL_INFO,
    master_hostname: plan.hosts[0] ?? host,
    model_dir: MODEL_DIRECTORY,
    module_dir: sagemaker['sagemaker_submit_directory'] ?? CODE_DIRECTORY,
    module_name: typeof entry === 'string' ? entry.replace(/\.py$/, '') : entry,
    network_interface_name: NETWORK_INTERFACE_NAME,
    num_cpus: pythonInteger(cpus),
    num_gpus: pythonInteger(gpus),
    num_neurons: pythonInteger(0),
    output_data_dir: OUTPUT_DATA_DIRECTORY,
    output_dir: OUTPUT_DIRECTORY,
    output_intermediate_dir: OUTPUT_INTERMEDIATE_DIRECTORY,
    resource_config: resources as unknown as { readonly [key: string]: PythonValue },
    user_entry_point: entry,
  };
}

function driverVariables({ request, host }: TrainingEnvironmentOptions): Record<string, string> {
  const { hosts } = planHosts(request.ResourceConfig ?? {});
  const channels = channelNames(request);
  const source = channelDirectory('code');
  const entry = [
    ...(request.AlgorithmSpecification?.ContainerEntrypoint ?? []),
    ...(request.AlgorithmSpecification?.ContainerArguments ?? []),
  ].find((element) => element.startsWith(`${source}/`));
  return {
    SM_INPUT_DATA_DIR: INPUT_DATA_DIRECTORY,
    SM_OUTPUT_FAILURE: FAILURE_FILE,
    SM_MASTER_ADDR: hosts[0] ?? host,
    SM_MASTER_PORT: MASTER_PORT,
    SM_HOST_COUNT: String(hosts.length),
    SM_CURRENT_HOST_RANK: String(hosts.indexOf(host)),
    ...(channels.includes('code') ? { SM_SOURCE_DIR: source } : {}),
    ...(entry ? { SM_ENTRY_SCRIPT: entry.slice(source.length + 1) } : {}),
    ...(channels.includes('sm_drivers')
      ? { SM_DISTRIBUTED_DRIVER_DIR: `${channelDirectory('sm_drivers')}/distributed_drivers` }
      : {}),
  };
}

function channelNames(request: CreateTrainingJobRequest): string[] {
  return (request.InputDataConfig ?? []).map((channel) => channel.ChannelName ?? '');
}

type PythonMapping = Record<string, PythonValue>;

function splitHyperparameters(hyperparameters: Readonly<Record<string, string>>) {
  const user: PythonMapping = {};
  const framework: PythonMapping = {};
  const sagemaker: PythonMapping = {};
  for (const [name, text] of Object.entries(hyperparameters)) {
    const reserved = TOOLKIT_HYPERPARAMETERS.has(name);
    const target = reserved ? sagemaker : name.startsWith('sagemaker_') ? framework : user;
    target[name] = decodePythonValue(text);
  }
  return { user, framework, sagemaker };
}
