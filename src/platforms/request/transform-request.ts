import type { CreateModelInput, CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { SluiceError } from '../../core/errors.ts';
import type { BatchTransformTask } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';
import { CODE_IN_MODEL, resolveImage, SOURCE_ARCHIVE, tagList } from './code.ts';
import { inputUri } from './inputs.ts';
import { jobUri } from './locations.ts';
import type { RequestOptions } from './request-options.ts';
import { outputKey, volumeKey, vpcConfig } from './resources.ts';

/** The requests of a batch transform: its model, unless that exists already, and the job. */
export interface TransformRequests {
  readonly model?: CreateModelInput;
  readonly job: CreateTransformJobRequest;
}

/** The CreateModel and CreateTransformJob requests of a batch transform task. Pure. @throws SluiceError `InvalidArgument` */
export function buildTransformRequests(
  task: BatchTransformTask,
  invocation: TaskInvocation,
  options: RequestOptions,
): TransformRequests {
  const job = transformJob(task, invocation, options);
  return task.modelName === undefined ? { model: model(task, invocation, options), job } : { job };
}

function model(
  task: BatchTransformTask,
  invocation: TaskInvocation,
  options: RequestOptions,
): CreateModelInput {
  const vpc = vpcConfig(task);
  return {
    ModelName: invocation.jobName,
    ExecutionRoleArn: task.role ?? options.roleArn,
    PrimaryContainer: {
      Image: resolveImage(task, options),
      ModelDataUrl: required(invocation, 'model'),
      Environment: { ...codeEnvironment(task, options), ...task.environment },
    },
    ...(vpc && { VpcConfig: vpc }),
    Tags: tagList(task),
  };
}

/** As SageMaker's SDK sets it for a model with an entry point. */
function codeEnvironment(task: BatchTransformTask, options: RequestOptions): Record<string, string> {
  if (!task.script || options.codeUri === undefined) return {};
  return {
    SAGEMAKER_PROGRAM: task.script.entry,
    SAGEMAKER_SUBMIT_DIRECTORY: options.codeInModel ? CODE_IN_MODEL : `${options.codeUri}${SOURCE_ARCHIVE}`,
    SAGEMAKER_CONTAINER_LOG_LEVEL: '20',
    SAGEMAKER_REGION: options.account.region,
  };
}

function transformJob(
  task: BatchTransformTask,
  invocation: TaskInvocation,
  options: RequestOptions,
): CreateTransformJobRequest {
  return {
    TransformJobName: invocation.jobName,
    ModelName: task.modelName ?? invocation.jobName,
    ...(task.strategy && { BatchStrategy: task.strategy }),
    ...(task.maxPayloadInMB !== undefined && { MaxPayloadInMB: task.maxPayloadInMB }),
    ...(task.maxConcurrentTransforms !== undefined && {
      MaxConcurrentTransforms: task.maxConcurrentTransforms,
    }),
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: required(invocation, 'input') } },
      SplitType: task.splitType,
      CompressionType: task.compressionType,
      ...(task.contentType !== undefined && { ContentType: task.contentType }),
    },
    TransformOutput: {
      S3OutputPath: task.s3OutputPath ?? `${jobUri(invocation, options.account)}/output`,
      AssembleWith: task.assembleWith,
      ...outputKey(task),
      ...(task.accept !== undefined && { Accept: task.accept }),
    },
    TransformResources: {
      InstanceType: task.instanceType as never,
      InstanceCount: task.instanceCount,
      ...volumeKey(task),
    },
    ...(task.dataProcessing && { DataProcessing: dataProcessing(task.dataProcessing) }),
    Tags: tagList(task),
  };
}

function dataProcessing(
  given: NonNullable<BatchTransformTask['dataProcessing']>,
): NonNullable<CreateTransformJobRequest['DataProcessing']> {
  return {
    ...(given.inputFilter !== undefined && { InputFilter: given.inputFilter }),
    ...(given.outputFilter !== undefined && { OutputFilter: given.outputFilter }),
    ...(given.joinSource && { JoinSource: given.joinSource }),
  };
}

function required(invocation: TaskInvocation, name: string): string {
  const uri = inputUri(invocation, name);
  if (uri !== undefined) return uri;
  throw new SluiceError(
    'InvalidArgument',
    `Task '${invocation.task.name}' has no value for input '${name}'.`,
    {
      hint: `Pass ${name} in the call of the task.`,
    },
  );
}
