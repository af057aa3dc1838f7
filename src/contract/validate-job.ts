import type {
  CreateProcessingJobRequest,
  CreateTrainingJobRequest,
  CreateTransformJobRequest,
} from '@aws-sdk/client-sagemaker';
import { SluiceError } from '../core/errors.ts';
import {
  validateEnvironment,
  validateHyperparameters,
  validateMetricDefinitions,
  validateProcessingLocalPath,
  validateSpotTimes,
  validateTransformLoad,
} from './limits.ts';
import { createMetricCapture } from './metrics.ts';
import { validateChannelName, validateJobName } from './names.ts';
import { DEFAULT_MAX_RUNTIME_SECONDS, firstRepeated } from './rules.ts';
import { planTransform } from './transform-payloads.ts';

/** @throws SluiceError `InvalidArgument` for a training job that can never run. */
export function validateTraining(request: CreateTrainingJobRequest): void {
  validateJobName(request.TrainingJobName ?? '', 'TrainingJobName');
  validateHyperparameters(request.HyperParameters ?? {});
  validateEnvironment(request.Environment ?? {});
  const metrics = request.AlgorithmSpecification?.MetricDefinitions ?? [];
  validateMetricDefinitions(metrics);
  // Its expressions compile, or it throws.
  createMetricCapture(metrics);
  const channels = (request.InputDataConfig ?? []).map(({ ChannelName }) => ChannelName ?? '');
  channels.forEach((channel) => validateChannelName(channel));
  expectUnique('InputDataConfig', 'channels', channels);
  const { MaxRuntimeInSeconds: maxRuntime, MaxWaitTimeInSeconds: maxWait } = request.StoppingCondition ?? {};
  validateSpotTimes(
    request.EnableManagedSpotTraining ?? false,
    maxRuntime ?? DEFAULT_MAX_RUNTIME_SECONDS,
    maxWait,
  );
}

/** @throws SluiceError `InvalidArgument` for a processing job that can never run. */
export function validateProcessing(request: CreateProcessingJobRequest): void {
  validateJobName(request.ProcessingJobName ?? '', 'ProcessingJobName');
  validateEnvironment(request.Environment ?? {});
  expectUnique('ProcessingInputs', 'inputs', (request.ProcessingInputs ?? []).map(nameOf));
  expectUnique('ProcessingOutputs', 'outputs', (request.ProcessingOutputConfig?.Outputs ?? []).map(nameOf));
  for (const input of request.ProcessingInputs ?? []) {
    if (!input.S3Input?.LocalPath) continue;
    validateProcessingLocalPath(input.S3Input.LocalPath, `LocalPath of input '${input.InputName}'`);
  }
  for (const output of request.ProcessingOutputConfig?.Outputs ?? []) {
    if (!output.S3Output?.LocalPath) continue;
    validateProcessingLocalPath(output.S3Output.LocalPath, `LocalPath of output '${output.OutputName}'`);
  }
}

/** @throws SluiceError `InvalidArgument` for a transform job that can never run. */
export function validateTransform(request: CreateTransformJobRequest): void {
  validateJobName(request.TransformJobName ?? '', 'TransformJobName');
  validateEnvironment(request.Environment ?? {});
  validateTransformLoad(request.MaxPayloadInMB, request.MaxConcurrentTransforms);
  planTransform(request, { strategy: 'MultiRecord', maxPayloadBytes: 0 });
}

function nameOf(named: {
  readonly InputName?: string | undefined;
  readonly OutputName?: string | undefined;
}): string {
  return named.InputName ?? named.OutputName ?? '';
}

function expectUnique(field: string, things: string, names: readonly string[]): void {
  const twice = firstRepeated(names);
  if (twice === undefined) return;
  throw new SluiceError('InvalidArgument', `${field}: two ${things} are called '${twice}'.`, {
    hint: 'Give each a name of its own.',
  });
}
