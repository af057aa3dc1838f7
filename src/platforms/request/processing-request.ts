import type {
  CreateProcessingJobRequest,
  ProcessingInput,
  ProcessingOutput,
} from '@aws-sdk/client-sagemaker';
import { scriptCommand } from '../../contract/images.ts';
import type { ProcessingTask } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';
import { resolveImage, tagList } from './code.ts';
import { inputUri, refuseCodeInput } from './inputs.ts';
import { jobUri } from './locations.ts';
import { parameterVariables } from './parameters.ts';
import type { RequestOptions } from './request-options.ts';

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
  return {
    ProcessingJobName: invocation.jobName,
    RoleArn: task.role ?? options.roleArn,
    AppSpecification: {
      ImageUri: resolveImage(task, options),
      ...(entrypoint && { ContainerEntrypoint: entrypoint }),
      ...(task.arguments && task.arguments.length > 0 && { ContainerArguments: [...task.arguments] }),
    },
    Environment: { ...task.environment, ...parameterVariables(task, invocation) },
    ProcessingInputs: processingInputs(task, invocation, options),
    ProcessingOutputConfig: { Outputs: processingOutputs(task, invocation, options) },
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: task.instanceCount,
        InstanceType: task.instanceType as never,
        VolumeSizeInGB: task.volumeSizeInGB,
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
  const command = scriptCommand(`${CODE_DIRECTORY}/${task.script.entry}`);
  return options.requirements ? ['/bin/sh', '-c', INSTALL_AND_RUN, CODE_DIRECTORY, ...command] : command;
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
