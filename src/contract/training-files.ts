/**
 * The files under `/opt/ml/input/config` that a training job finds.
 *
 * Source: AWS developer guide, "How Amazon SageMaker Provides Training Information"; the exact form (compact
 * JSON, order of members, `current_group_name`, `instance_groups`) from logs of real jobs; `debughookconfig.json`
 * and `checkpointconfig.json` from their readers, smdebug and the XGBoost container.
 *
 * Gaps: `init-config.json`, `metric-definition-regex.json`, `trainingjobconfig.json` and
 * `upstreamoutputdataconfig.json` were seen in real jobs, but nobody tells what is in them; they are not written.
 *
 * By design: FastFile shows as `"File"`, as on SageMaker. `"topology"`, which only newer jobs have, is left out.
 */
import type { Channel, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { groupOfHost, type HostPlan, planHosts } from './hosts.ts';
import { CHECKPOINT_DIRECTORY, INPUT_CONFIG_DIRECTORY, type PlannedFile } from './paths.ts';

/** The name of the network interface that jobs are told of. */
export const NETWORK_INTERFACE_NAME = 'eth0';

/** One channel as `inputdataconfig.json` shows it. */
export interface InputDataConfigEntry {
  ContentType?: string;
  TrainingInputMode: 'File' | 'Pipe';
  S3DistributionType: string;
  RecordWrapperType: string;
}

/** What `resourceconfig.json` holds. */
export interface ResourceConfig {
  current_host: string;
  current_instance_type: string;
  current_group_name: string;
  hosts: readonly string[];
  instance_groups: {
    instance_group_name: string;
    instance_type: string;
    hosts: readonly string[];
  }[];
  network_interface_name: string;
}

/** The config files of a training job for one of its hosts (`algo-1`, …). */
export function planTrainingFiles(request: CreateTrainingJobRequest, host: string): PlannedFile[] {
  const config = (name: string, value: unknown): PlannedFile => ({
    path: `${INPUT_CONFIG_DIRECTORY}/${name}`,
    content: JSON.stringify(value),
  });
  const files = [
    config('hyperparameters.json', request.HyperParameters ?? {}),
    config('inputdataconfig.json', inputDataConfig(request)),
    config('resourceconfig.json', resourceConfig(planHosts(request.ResourceConfig ?? {}), host)),
  ];
  if (request.CheckpointConfig) {
    files.push(config('checkpointconfig.json', checkpointConfig(request.CheckpointConfig)));
  }
  if (request.DebugHookConfig) files.push(config('debughookconfig.json', request.DebugHookConfig));
  if (request.ProfilerConfig) files.push(config('profilerconfig.json', request.ProfilerConfig));
  return files;
}

/** The content of `inputdataconfig.json`, by channel name. */
export function inputDataConfig(request: CreateTrainingJobRequest): Record<string, InputDataConfigEntry> {
  const mode = request.AlgorithmSpecification?.TrainingInputMode;
  return Object.fromEntries(
    (request.InputDataConfig ?? []).map((channel) => [
      channel.ChannelName ?? '',
      channelEntry(channel, mode),
    ]),
  );
}

/** The content of `resourceconfig.json` for one host. */
export function resourceConfig(plan: HostPlan, host: string): ResourceConfig {
  const group = groupOfHost(plan, host);
  return {
    current_host: host,
    current_instance_type: group.instanceType,
    current_group_name: group.name,
    hosts: plan.hosts,
    instance_groups: plan.groups.map((each) => ({
      instance_group_name: each.name,
      instance_type: each.instanceType,
      hosts: each.hosts,
    })),
    network_interface_name: NETWORK_INTERFACE_NAME,
  };
}

/** How a channel's data comes in: its own InputMode, else the algorithm's, else File. */
export function channelInputMode(
  channel: Channel,
  algorithmMode: string | undefined,
): 'File' | 'FastFile' | 'Pipe' {
  const mode = channel.InputMode ?? algorithmMode;
  return mode === 'Pipe' || mode === 'FastFile' ? mode : 'File';
}

function channelEntry(channel: Channel, algorithmMode: string | undefined): InputDataConfigEntry {
  return {
    ...(channel.ContentType ? { ContentType: channel.ContentType } : {}),
    TrainingInputMode: channelInputMode(channel, algorithmMode) === 'Pipe' ? 'Pipe' : 'File',
    S3DistributionType: channel.DataSource?.S3DataSource?.S3DataDistributionType ?? 'FullyReplicated',
    RecordWrapperType: channel.RecordWrapperType ?? 'None',
  };
}

function checkpointConfig(config: NonNullable<CreateTrainingJobRequest['CheckpointConfig']>): object {
  return { S3Uri: config.S3Uri, LocalPath: config.LocalPath ?? CHECKPOINT_DIRECTORY };
}
