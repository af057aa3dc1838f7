import type {
  CreateProcessingJobRequest,
  ProcessingInput,
  ProcessingOutput,
} from '@aws-sdk/client-sagemaker';
import { scriptCommand } from '../../contract/images.ts';
import { type ProcessingTask, sparkOf } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';
import { resolveImage, tagList } from './code.ts';
import { inputUri, refuseCodeInput } from './inputs.ts';
import { jobUri, sparkConfUri } from './locations.ts';
import { parameterVariables } from './parameters.ts';
import type { RequestOptions } from './request-options.ts';
import { instanceTypes, outputKey, volumeKey, vpcConfig } from './resources.ts';
import { SPARK_CONF, sparkArguments, sparkEntrypoint } from './spark-request.ts';

/** The input that carries the code of a processing job. */
const CODE_INPUT = 'code';

/** Where the code of a processing job lies, as SageMaker's ScriptProcessor has it. */
const CODE_DIRECTORY = '/opt/ml/processing/input/code';

/** The CreateProcessingJob request of a processing task. Pure. @throws SluiceError `InvalidArgument` */
export function buildProcessingRequest(
  task: ProcessingTask,
  invocation: TaskInvocation,
  options: RequestOptions,
): CreateProcessingJobRequest {
  const entrypoint = containerEntrypoint(task, options);
  const outputs = processingOutputs(task, invocation, options);
  const parameters = containerArguments(task, invocation, outputs);
  const vpc = vpcConfig(task);
  return {
    ProcessingJobName: invocation.jobName,
    RoleArn: task.role ?? options.roleArn,
    AppSpecification: {
      ImageUri: resolveImage(task, options),
      ...(entrypoint && { ContainerEntrypoint: entrypoint }),
      ...(parameters.length > 0 && { ContainerArguments: parameters }),
    },
    Environment: { ...task.environment, ...parameterVariables(task, invocation) },
    ProcessingInputs: processingInputs(task, invocation, options),
    ProcessingOutputConfig: { Outputs: outputs, ...outputKey(task) },
    ...(vpc && { NetworkConfig: { VpcConfig: vpc } }),
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: task.instanceCount,
        ...instanceTypes(task),
        VolumeSizeInGB: task.volumeSizeInGB,
        ...volumeKey(task),
      },
    },
    StoppingCondition: { MaxRuntimeInSeconds: task.maxRuntimeInSeconds },
    Tags: tagList(task),
  };
}

/** Installs what the code's requirements.txt names, as the script of SageMaker's FrameworkProcessor does, and runs the rest. */
const INSTALL_AND_RUN = 'cd "$0" && python3 -m pip install -r requirements.txt && exec "$@"';

/** ContainerEntrypoint of a task: its own command, else its script, as ScriptProcessor or FrameworkProcessor has it. */
function containerEntrypoint(task: ProcessingTask, options: RequestOptions): string[] | undefined {
  if (task.command) return [...task.command];
  if (!task.script) return undefined;
  const { entry } = task.script;
  const spark = sparkOf(task);
  const command = spark
    ? sparkEntrypoint(spark, entry, CODE_DIRECTORY)
    : scriptCommand(`${CODE_DIRECTORY}/${entry}`);
  return options.requirements ? ['/bin/sh', '-c', INSTALL_AND_RUN, CODE_DIRECTORY, ...command] : command;
}

function containerArguments(
  task: ProcessingTask,
  invocation: TaskInvocation,
  outputs: readonly ProcessingOutput[],
): string[] {
  if (!sparkOf(task)) return [...(task.arguments ?? [])];
  const uris = outputs.map(({ OutputName, S3Output }) => [OutputName, S3Output?.S3Uri]);
  return sparkArguments(task, invocation, Object.fromEntries(uris) as Record<string, string>);
}

function processingInputs(
  task: ProcessingTask,
  invocation: TaskInvocation,
  options: RequestOptions,
): ProcessingInput[] {
  const given = Object.entries(task.inputs).flatMap(([name, definition]): ProcessingInput[] => {
    const uri = inputUri(invocation, name);
    if (uri === undefined) return [];
    return [processingInput(name, uri, definition.localPath, definition)];
  });
  if (task.spark?.conf) {
    const uri = sparkConfUri(invocation, options.account);
    given.push(processingInput(SPARK_CONF.name, uri, SPARK_CONF.directory, { inputMode: 'File' }));
  }
  if (options.codeUri === undefined) return given;
  refuseCodeInput(task, CODE_INPUT, Object.keys(task.inputs));
  return [...given, processingInput(CODE_INPUT, options.codeUri, CODE_DIRECTORY, { inputMode: 'File' })];
}

function processingInput(
  name: string,
  uri: string,
  localPath: string,
  definition: Partial<ProcessingTask['inputs'][string]>,
): ProcessingInput {
  return {
    InputName: name,
    S3Input: {
      S3Uri: uri,
      LocalPath: localPath,
      S3DataType: definition.s3DataType ?? 'S3Prefix',
      S3InputMode: definition.inputMode ?? 'File',
      S3DataDistributionType: definition.s3DataDistributionType ?? 'FullyReplicated',
      S3CompressionType: definition.compressionType ?? 'None',
    },
  };
}

function processingOutputs(
  task: ProcessingTask,
  invocation: TaskInvocation,
  options: RequestOptions,
): ProcessingOutput[] {
  const base = `${jobUri(invocation, options.account)}/output`;
  return Object.entries(task.outputs).map(([name, definition]) => ({
    OutputName: name,
    S3Output: {
      S3Uri: definition.s3Uri ?? `${base}/${name}`,
      LocalPath: definition.localPath,
      S3UploadMode: definition.uploadMode,
    },
  }));
}
