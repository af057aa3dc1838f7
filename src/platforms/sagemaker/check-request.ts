import type {
  CreateProcessingJobRequest,
  CreateTrainingJobRequest,
  CreateTransformJobRequest,
} from '@aws-sdk/client-sagemaker';
import { validateInstanceType } from '../../contract/instance-types.ts';
import { lacksInstanceType } from '../../contract/instance-types-of-jobs.ts';
import {
  MAX_CHANNELS,
  MAX_PROCESSING_INPUTS,
  MAX_PROCESSING_OUTPUTS,
  MAX_PROCESSING_RUNTIME_SECONDS,
} from '../../contract/limits.ts';
import { validateProcessing, validateTraining, validateTransform } from '../../contract/validate-job.ts';
import { SluiceError } from '../../core/errors.ts';
import type { JobTask } from '../../graph/index.ts';

/**
 * What SageMaker demands of requests beyond what a server of Sluice does, looked at before anything is sent.
 *
 * Source: the service model of SageMaker (botocore 1.44.8): lengths, numbers and patterns.
 */
const MOST = {
  words: 100,
  wordLength: 256,
  tags: 50,
  volumeGB: 16_384,
  instances: 100,
  uriLength: 1024,
  processingValueLength: 256,
  trainingSeconds: 2_419_200,
} as const;

const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/;

/** The request of a job, by its type. */
export type CheckedRequest =
  | { readonly type: 'training'; readonly request: CreateTrainingJobRequest }
  | { readonly type: 'processing'; readonly request: CreateProcessingJobRequest }
  | { readonly type: 'batch_transform'; readonly request: CreateTransformJobRequest };

/** @throws SluiceError `InvalidArgument` that names the member, for a request that SageMaker would refuse */
export function checkRequest(task: JobTask, checked: CheckedRequest): void {
  validateInstanceType(task.instanceType);
  checkInstanceTypes(task);
  atMost('tags', Object.keys(task.tags ?? {}).length, MOST.tags);
  between('volumeSizeInGB', task.volumeSizeInGB, 1, MOST.volumeGB);
  for (const [option, words] of [
    ['command', task.command ?? []],
    ['arguments', task.arguments ?? []],
  ] as const) {
    atMost(`${option}, words`, words.length, MOST.words);
    for (const word of words)
      atMost(`${option}, characters of '${word.slice(0, 40)}'`, word.length, MOST.wordLength);
  }
  if (checked.type === 'training') checkTraining(checked.request);
  else if (checked.type === 'processing') checkProcessing(checked.request);
  else validateTransform(checked.request);
  const role = 'RoleArn' in checked.request ? checked.request.RoleArn : undefined;
  if (role !== undefined && !ROLE.test(role))
    throw invalid(
      `role: expected the ARN of a role, such as arn:aws:iam::123456789012:role/Name, got '${role}'.`,
    );
  expectPlaces(checked.request, '');
}

/** @throws SluiceError `InvalidArgument` for an instance type that its type of job does not have */
export function checkInstanceTypes({ type, instanceType, instancePreferences = [] }: JobTask): void {
  for (const each of [instanceType, ...instancePreferences]) {
    const lack = lacksInstanceType(type, each);
    if (lack !== undefined) throw invalid(`instanceType: ${lack}.`);
  }
}

function checkTraining(request: CreateTrainingJobRequest): void {
  validateTraining(request);
  atMost('channels', request.InputDataConfig?.length ?? 0, MAX_CHANNELS);
  const { MaxRuntimeInSeconds: seconds = 1 } = request.StoppingCondition ?? {};
  between('maxRuntimeInSeconds', seconds, 1, MOST.trainingSeconds);
}

function checkProcessing(request: CreateProcessingJobRequest): void {
  validateProcessing(request);
  atMost('inputs', request.ProcessingInputs?.length ?? 0, MAX_PROCESSING_INPUTS);
  atMost('outputs', request.ProcessingOutputConfig?.Outputs?.length ?? 0, MAX_PROCESSING_OUTPUTS);
  between('instanceCount', request.ProcessingResources?.ClusterConfig?.InstanceCount ?? 1, 1, MOST.instances);
  const { MaxRuntimeInSeconds: seconds = 1 } = request.StoppingCondition ?? {};
  between('maxRuntimeInSeconds', seconds, 1, MAX_PROCESSING_RUNTIME_SECONDS);
  for (const [name, value] of Object.entries(request.Environment ?? {}))
    atMost(`environment.${name}, characters`, value.length, MOST.processingValueLength);
}

/** Nobody but this machine knows its files. */
function expectPlaces(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (typeof member !== 'string') expectPlaces(member, at);
    else if (/^S3(?:Uri|OutputPath)$/.test(name)) {
      if (!member.startsWith('s3://'))
        throw invalid(`${at}: expected a place such as s3://bucket/prefix, got '${member}'.`);
      atMost(`${at}, characters`, member.length, MOST.uriLength);
    }
  }
}

function atMost(what: string, actual: number, most: number): void {
  if (actual > most) throw invalid(`${what}: SageMaker takes at most ${most}, got ${actual}.`);
}

function between(what: string, actual: number, least: number, most: number): void {
  if (actual < least || actual > most)
    throw invalid(`${what}: SageMaker takes ${least} to ${most}, got ${actual}.`);
}

function invalid(message: string): SluiceError {
  return new SluiceError('InvalidArgument', message);
}
