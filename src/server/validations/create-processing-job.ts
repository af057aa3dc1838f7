import type { CreateProcessingJobRequest, ProcessingInput } from '@aws-sdk/client-sagemaker';
import { fieldThatNeedsPipe, firstRepeated, isProcessingLocalPath } from '../../contract/rules.ts';
import { validationError } from '../wire/aws-error.ts';

/**
 * The rules of CreateProcessingJob that the service model cannot say.
 *
 * Source: API_ProcessingS3Input, API_ProcessingS3Output and the developer guide (LocalPath). Gaps: the texts are not
 * documented; these are ours.
 *
 * @throws AwsError `ValidationException`
 */
export function validateCreateProcessingJob(input: CreateProcessingJobRequest): void {
  const inputs = input.ProcessingInputs ?? [];
  const outputs = input.ProcessingOutputConfig?.Outputs ?? [];
  expectUnique(
    'Processing input names',
    inputs.map((each) => each.InputName),
  );
  expectUnique(
    'Processing output names',
    outputs.map((each) => each.OutputName),
  );
  expectUnique(
    'Local paths of processing inputs',
    inputs.flatMap((each) => each.S3Input?.LocalPath ?? []),
  );
  for (const each of inputs) validateInput(each);
  for (const { OutputName: name, S3Output: output } of outputs) {
    if (output?.LocalPath !== undefined) validateLocalPath(`Output "${name}"`, output.LocalPath);
  }
  if ((input.ProcessingResources?.ClusterConfig?.InstanceCount ?? 1) < 1) {
    throw validationError('InstanceCount must be at least 1.');
  }
}

function validateInput({
  InputName: name,
  S3Input: input,
  DatasetDefinition: definition,
}: ProcessingInput): void {
  if (!input === !definition) {
    throw validationError(`Input "${name}": either S3Input or DatasetDefinition must be given.`);
  }
  if (!input) return;
  if (input.LocalPath !== undefined) validateLocalPath(`Input "${name}"`, input.LocalPath);
  if (fieldThatNeedsPipe({ inputMode: input.S3InputMode, compressionType: input.S3CompressionType })) {
    throw validationError(
      `Input "${name}": S3CompressionType Gzip is only supported for the Pipe input mode.`,
    );
  }
}

function validateLocalPath(what: string, path: string): void {
  if (isProcessingLocalPath(path)) return;
  throw validationError(`${what}: LocalPath must be below /opt/ml/processing/, not "${path}".`);
}

function expectUnique(what: string, values: readonly (string | undefined)[]): void {
  const repeated = firstRepeated(values);
  if (repeated !== undefined) throw validationError(`${what} must be unique: "${repeated}" is given twice.`);
}
