import type {
  CreateProcessingJobRequest,
  ProcessingInput,
  ProcessingS3Input,
} from '@aws-sdk/client-sagemaker';
import type { InputChannel } from '../channels/index.ts';
import { clientError } from '../contract/failure-reason.ts';
import { PROCESSING_DIRECTORIES } from '../contract/paths.ts';
import { JobFailure } from './failure.ts';
import type { JobInput } from './inputs.ts';
import { processingOutputs } from './processing-output.ts';

/** Where the SageMaker Python SDK brings code to. */
const CODE_INPUT = '/opt/ml/processing/input/code';

/** The directories that exist before a processing job starts. Pure. */
export function processingDirectories(request: CreateProcessingJobRequest): string[] {
  return [...PROCESSING_DIRECTORIES, ...processingOutputs(request).map((output) => output.localPath)];
}

/** The inputs of a processing job. Pure. @throws JobFailure */
export function processingInputs(request: CreateProcessingJobRequest): JobInput[] {
  return (request.ProcessingInputs ?? []).map(processingInput);
}

/** The SageMaker Python SDK's FrameworkProcessor unpacks its code where it lies. */
function isUnpackedInPlace(source: ProcessingS3Input): boolean {
  return (
    /(?:^|\/)[^/]*\.tar\.gz$/.test(source.S3Uri ?? '') || source.LocalPath?.replace(/\/+$/, '') === CODE_INPUT
  );
}

function processingInput(input: ProcessingInput): JobInput {
  const source = input.S3Input;
  if (!source?.S3Uri || !source.LocalPath) {
    throw new JobFailure(
      clientError(`Processing input '${input.InputName}' has no S3Input with S3Uri and LocalPath.`),
    );
  }
  const channel: InputChannel = {
    name: input.InputName as string,
    uri: source.S3Uri,
    inputMode: source.S3InputMode ?? 'File',
    dataType: source.S3DataType ?? 'S3Prefix',
    distribution: source.S3DataDistributionType ?? 'FullyReplicated',
    compression: source.S3CompressionType ?? 'None',
  };
  return { channel, target: source.LocalPath, writable: isUnpackedInPlace(source) };
}
