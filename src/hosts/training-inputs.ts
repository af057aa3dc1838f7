import type { Channel, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { InputChannel } from '../channels/index.ts';
import { planHosts } from '../contract/hosts.ts';
import {
  CHECKPOINT_DIRECTORY,
  channelDirectory,
  relativeToMl,
  TRAINING_DIRECTORIES,
} from '../contract/paths.ts';
import { channelInputMode } from '../contract/training-files.ts';
import type { JobInput } from './inputs.ts';

/** The directories that exist before a training job starts. Pure. */
export function trainingDirectories(request: CreateTrainingJobRequest): string[] {
  const path = request.CheckpointConfig && (request.CheckpointConfig.LocalPath ?? CHECKPOINT_DIRECTORY);
  const own = path !== undefined && relativeToMl(path) !== undefined ? [path] : [];
  return [...TRAINING_DIRECTORIES, ...own];
}

/** The driver of the SageMaker Python SDK's ModelTrainer writes into its own channel and unpacks the code's. */
function writtenChannels(request: CreateTrainingJobRequest): readonly string[] {
  const driven = request.InputDataConfig?.some((channel) => channel.ChannelName === 'sm_drivers');
  return driven ? ['sm_drivers', 'code'] : [];
}

/** The channels of a training job, and who gets them. Pure. */
export function trainingInputs(request: CreateTrainingJobRequest): JobInput[] {
  const mode = request.AlgorithmSpecification?.TrainingInputMode;
  const written = writtenChannels(request);
  const { groups } = planHosts(request.ResourceConfig ?? {});
  return (request.InputDataConfig ?? []).map((channel) => {
    const names = channel.DataSource?.S3DataSource?.InstanceGroupNames ?? [];
    const chosen = groups.filter(({ name }) => names.length === 0 || names.includes(name));
    return {
      channel: inputChannel(channel, mode),
      target: channelDirectory(channel.ChannelName as string),
      writable: written.includes(channel.ChannelName ?? ''),
      hosts: chosen.flatMap((group) => group.hosts).sort(),
    };
  });
}

function inputChannel(channel: Channel, algorithmMode: string | undefined): InputChannel {
  const source = channel.DataSource?.S3DataSource;
  return {
    name: channel.ChannelName as string,
    uri: source?.S3Uri as string,
    inputMode: channelInputMode(channel, algorithmMode),
    dataType: (source?.S3DataType ?? 'S3Prefix') as 'S3Prefix',
    distribution: source?.S3DataDistributionType ?? 'FullyReplicated',
    compression: channel.CompressionType ?? 'None',
    recordWrapper: channel.RecordWrapperType ?? 'None',
    ...(source?.AttributeNames && { attributeNames: source.AttributeNames }),
    ...(channel.ShuffleConfig && { shuffleSeed: channel.ShuffleConfig.Seed as number }),
  };
}
