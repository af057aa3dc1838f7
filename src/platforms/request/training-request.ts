import type { Channel, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { ChannelDefinition, TrainingTask } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';
import { resolveImage, tagList } from './code.ts';
import { encodeHyperparameters, inputUri, mergeHyperparameters } from './inputs.ts';
import { jobUri, trainingOutputPath } from './locations.ts';
import type { RequestOptions } from './request-options.ts';
import { instanceTypes, outputKey, volumeKey, vpcConfig } from './resources.ts';
import { scriptHyperparameters } from './script-hyperparameters.ts';

/** The CreateTrainingJob request of a training task. Pure. @throws SluiceError `InvalidArgument` */
export function buildTrainingRequest(
  task: TrainingTask,
  invocation: TaskInvocation,
  options: RequestOptions,
): CreateTrainingJobRequest {
  const hyperparameters = mergeHyperparameters(
    task.hyperparameters,
    invocation.inputs['hyperparameters'],
    task.name,
  );
  const vpc = vpcConfig(task);
  const inputs = channels(task, invocation);
  const outputPath = task.s3OutputPath ?? trainingOutputPath(invocation, options.account);
  return {
    TrainingJobName: invocation.jobName,
    RoleArn: task.role ?? options.roleArn,
    AlgorithmSpecification: algorithm(task, options),
    HyperParameters: task.script
      ? scriptHyperparameters(task, hyperparameters, invocation, options)
      : encodeHyperparameters(hyperparameters),
    // SageMaker takes no empty list of them.
    ...(inputs.length > 0 && { InputDataConfig: inputs }),
    OutputDataConfig: { S3OutputPath: outputPath, ...outputKey(task) },
    ResourceConfig: {
      ...instanceTypes(task),
      InstanceCount: task.instanceCount,
      VolumeSizeInGB: task.volumeSizeInGB,
      ...volumeKey(task),
      ...(task.keepAlivePeriodInSeconds !== undefined && {
        KeepAlivePeriodInSeconds: task.keepAlivePeriodInSeconds,
      }),
    },
    ...(vpc && { VpcConfig: vpc }),
    StoppingCondition: {
      MaxRuntimeInSeconds: task.maxRuntimeInSeconds,
      ...(task.maxWaitTimeInSeconds !== undefined && { MaxWaitTimeInSeconds: task.maxWaitTimeInSeconds }),
    },
    EnableManagedSpotTraining: task.enableManagedSpotTraining,
    Environment: {
      ...task.environment,
      // The job cannot know it otherwise, and its property files may name what it leaves.
      ...(task.propertyFiles && { SLUICE_JOB_OUTPUT: `${outputPath}/${invocation.jobName}/output` }),
    },
    ...(task.checkpoint && { CheckpointConfig: checkpoint(task.checkpoint, invocation, options) }),
    Tags: tagList(task),
  };
}

function algorithm(
  task: TrainingTask,
  options: RequestOptions,
): CreateTrainingJobRequest['AlgorithmSpecification'] {
  return {
    TrainingImage: resolveImage(task, options),
    TrainingInputMode: 'File',
    ...(task.metricDefinitions.length > 0 && { MetricDefinitions: [...task.metricDefinitions] }),
    ...(task.command && { ContainerEntrypoint: [...task.command] }),
    ...(task.arguments && task.arguments.length > 0 && { ContainerArguments: [...task.arguments] }),
  };
}

function channels(task: TrainingTask, invocation: TaskInvocation): Channel[] {
  return Object.entries(task.channels).flatMap(([name, definition]) => {
    const uri = inputUri(invocation, name);
    return uri === undefined ? [] : [channel(name, definition, uri)];
  });
}

function channel(name: string, definition: ChannelDefinition, uri: string): Channel {
  return {
    ChannelName: name,
    DataSource: {
      S3DataSource: {
        S3DataType: definition.s3DataType ?? 'S3Prefix',
        S3Uri: uri,
        S3DataDistributionType: definition.s3DataDistributionType ?? 'FullyReplicated',
        ...(definition.attributeNames && { AttributeNames: [...definition.attributeNames] }),
      },
    },
    ...(definition.contentType !== undefined && { ContentType: definition.contentType }),
    ...(definition.compressionType && { CompressionType: definition.compressionType }),
    ...(definition.recordWrapperType && { RecordWrapperType: definition.recordWrapperType }),
    ...(definition.inputMode && { InputMode: definition.inputMode }),
    ...(definition.shuffleSeed !== undefined && { ShuffleConfig: { Seed: definition.shuffleSeed } }),
  };
}

function checkpoint(
  config: NonNullable<TrainingTask['checkpoint']>,
  invocation: TaskInvocation,
  options: RequestOptions,
): CreateTrainingJobRequest['CheckpointConfig'] {
  return {
    S3Uri: config.s3Uri ?? `${jobUri(invocation, options.account)}/checkpoints`,
    LocalPath: config.localPath,
  };
}
