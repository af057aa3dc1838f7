/**
 * The files under `/opt/ml/config` that a processing job finds.
 *
 * Source: AWS developer guide, "How Amazon SageMaker Processing Configures Input and Output For Your Processing
 * Container", whose example this follows member by member: what was not given is `null`, and an S3Input also
 * shows `"S3DownloadMode":"StartOfJob"`.
 *
 * Gaps: DatasetDefinition inputs and FeatureStoreOutput are shown as they were requested.
 */
import type {
  CreateProcessingJobRequest,
  ProcessingInput,
  ProcessingOutput,
} from '@aws-sdk/client-sagemaker';
import { groupOfHost, planHosts } from './hosts.ts';
import { type PlannedFile, PROCESSING_CONFIG_DIRECTORY } from './paths.ts';
import { DEFAULT_MAX_RUNTIME_SECONDS } from './rules.ts';

/** The config files of a processing job for one of its hosts. `arn` is the job's own. */
export function planProcessingFiles(
  request: CreateProcessingJobRequest,
  host: string,
  arn: string,
): PlannedFile[] {
  const plan = planHosts(request.ProcessingResources?.ClusterConfig ?? {});
  const resources = {
    current_host: host,
    hosts: plan.hosts,
    current_instance_type: groupOfHost(plan, host).instanceType,
  };
  return [
    { path: `${PROCESSING_CONFIG_DIRECTORY}/resourceconfig.json`, content: JSON.stringify(resources) },
    {
      path: `${PROCESSING_CONFIG_DIRECTORY}/processingjobconfig.json`,
      content: JSON.stringify(jobConfig(request, arn)),
    },
  ];
}

function jobConfig(request: CreateProcessingJobRequest, arn: string): object {
  const app = request.AppSpecification;
  const cluster = request.ProcessingResources?.ClusterConfig;
  return {
    ProcessingJobArn: arn,
    ProcessingJobName: request.ProcessingJobName,
    AppSpecification: {
      ImageUri: app?.ImageUri ?? null,
      ContainerEntrypoint: app?.ContainerEntrypoint ?? null,
      ContainerArguments: app?.ContainerArguments ?? null,
    },
    Environment: request.Environment ?? null,
    ProcessingInputs: request.ProcessingInputs?.map(inputConfig) ?? null,
    ProcessingOutputConfig: request.ProcessingOutputConfig
      ? {
          Outputs: request.ProcessingOutputConfig.Outputs?.map(outputConfig) ?? null,
          KmsKeyId: request.ProcessingOutputConfig.KmsKeyId ?? null,
        }
      : null,
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: cluster?.InstanceCount ?? 1,
        InstanceType: cluster?.InstanceType ?? cluster?.InstancePreferences?.[0]?.InstanceType ?? null,
        VolumeSizeInGB: cluster?.VolumeSizeInGB ?? null,
        VolumeKmsKeyId: cluster?.VolumeKmsKeyId ?? null,
      },
    },
    RoleArn: request.RoleArn ?? null,
    StoppingCondition: {
      MaxRuntimeInSeconds: request.StoppingCondition?.MaxRuntimeInSeconds ?? DEFAULT_MAX_RUNTIME_SECONDS,
    },
  };
}

function inputConfig(input: ProcessingInput): object {
  const s3 = input.S3Input;
  return {
    InputName: input.InputName,
    ...(s3
      ? {
          S3Input: {
            LocalPath: s3.LocalPath ?? null,
            S3Uri: s3.S3Uri ?? null,
            S3DataDistributionType: s3.S3DataDistributionType ?? 'FullyReplicated',
            S3DataType: s3.S3DataType ?? 'S3Prefix',
            S3InputMode: s3.S3InputMode ?? 'File',
            S3CompressionType: s3.S3CompressionType ?? 'None',
            S3DownloadMode: 'StartOfJob',
          },
        }
      : {}),
    ...(input.DatasetDefinition ? { DatasetDefinition: input.DatasetDefinition } : {}),
  };
}

function outputConfig(output: ProcessingOutput): object {
  const s3 = output.S3Output;
  return {
    OutputName: output.OutputName,
    ...(s3
      ? {
          S3Output: {
            LocalPath: s3.LocalPath ?? null,
            S3Uri: s3.S3Uri ?? null,
            S3UploadMode: s3.S3UploadMode ?? 'EndOfJob',
          },
        }
      : {}),
    ...(output.FeatureStoreOutput ? { FeatureStoreOutput: output.FeatureStoreOutput } : {}),
  };
}
