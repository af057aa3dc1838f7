/**
 * What SageMaker allows in a job, checked before anything is sent or run.
 *
 * Source: the SageMaker API's service model (lengths and numbers), the developer guide (LocalPath).
 * Gaps: the API's own texts are made in `server/`; these messages are for people at a terminal.
 */
import { SluiceError } from '../core/errors.ts';
import { isProcessingLocalPath, MAX_PAYLOAD_IN_MB, spotTimesProblem, transformLoadProblem } from './rules.ts';

export const MAX_HYPERPARAMETERS = 100;
export const MAX_HYPERPARAMETER_KEY_LENGTH = 256;
export const MAX_HYPERPARAMETER_VALUE_LENGTH = 2500;
export const MAX_CHANNELS = 20;
export const MAX_PROCESSING_INPUTS = 10;
export const MAX_PROCESSING_OUTPUTS = 10;
export const MAX_ENVIRONMENT_ENTRIES = 100;
export const MAX_ENVIRONMENT_KEY_LENGTH = 512;
export const MAX_ENVIRONMENT_VALUE_LENGTH = 512;
export const MAX_METRIC_DEFINITIONS = 40;
export const MAX_METRIC_NAME_LENGTH = 255;
export const MAX_METRIC_REGEX_LENGTH = 500;
export const MAX_PROCESSING_RUNTIME_SECONDS = 777_600;
export const MAX_ATTRIBUTE_NAMES = 16;

/**
 * Checks the hyperparameters of a training job: at most 100, keys of at most 256 characters, values of at most
 * 2500.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function validateHyperparameters(hyperparameters: Readonly<Record<string, string>>): void {
  const entries = Object.entries(hyperparameters);
  expectAtMost('HyperParameters', 'entries', entries.length, MAX_HYPERPARAMETERS);
  for (const [key, value] of entries) {
    if (key === '') throw invalid('HyperParameters: a key is empty.');
    if (typeof value !== 'string') {
      throw invalid(`HyperParameters.${key}: expected a string, got ${JSON.stringify(value)}.`);
    }
    expectAtMost(`HyperParameters key '${key}'`, 'characters', key.length, MAX_HYPERPARAMETER_KEY_LENGTH);
    expectAtMost(`HyperParameters.${key}`, 'characters', value.length, MAX_HYPERPARAMETER_VALUE_LENGTH);
  }
}

/**
 * Checks the Environment of a job: at most 100 entries, names that a shell can hold.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function validateEnvironment(environment: Readonly<Record<string, string>>): void {
  const entries = Object.entries(environment);
  expectAtMost('Environment', 'entries', entries.length, MAX_ENVIRONMENT_ENTRIES);
  for (const [key, value] of entries) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(key)) {
      throw invalid(
        `Environment: expected names of letters, digits and '_' that begin with no digit, got '${key}'.`,
      );
    }
    if (value.includes('\0')) throw invalid(`Environment.${key}: the value holds a NUL character.`);
    expectAtMost(`Environment key '${key}'`, 'characters', key.length, MAX_ENVIRONMENT_KEY_LENGTH);
    expectAtMost(`Environment.${key}`, 'characters', value.length, MAX_ENVIRONMENT_VALUE_LENGTH);
  }
}

/**
 * Checks metric definitions: at most 40, names of 1 to 255 characters, regular expressions of 1 to 500 that
 * compile.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function validateMetricDefinitions(
  definitions: readonly { readonly Name?: string | undefined; readonly Regex?: string | undefined }[],
): void {
  expectAtMost('MetricDefinitions', 'entries', definitions.length, MAX_METRIC_DEFINITIONS);
  for (const [index, { Name: name = '', Regex: regex = '' }] of definitions.entries()) {
    const field = `MetricDefinitions[${index}]`;
    if (name === '') throw invalid(`${field}.Name: expected a name, got nothing.`);
    if (regex === '') throw invalid(`${field}.Regex: expected a regular expression, got nothing.`);
    expectAtMost(`${field}.Name`, 'characters', name.length, MAX_METRIC_NAME_LENGTH);
    expectAtMost(`${field}.Regex`, 'characters', regex.length, MAX_METRIC_REGEX_LENGTH);
  }
}

/**
 * Checks the paths of processing inputs and outputs: each below `/opt/ml/processing/`, never out of it.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function validateProcessingLocalPath(path: string, field: string): void {
  if (isProcessingLocalPath(path)) return;
  throw invalid(
    `${field}.LocalPath: expected a path below /opt/ml/processing/ of at most 256 characters, got '${path}'.`,
  );
}

/**
 * Checks the times of a training job: with spot, MaxWaitTimeInSeconds at least MaxRuntimeInSeconds.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function validateSpotTimes(spot: boolean, maxRuntime: number, maxWait: number | undefined): void {
  const problem = spotTimesProblem(spot, maxRuntime, maxWait);
  if (problem === 'not-spot') {
    throw invalid('MaxWaitTimeInSeconds: may only be given when EnableManagedSpotTraining is true.');
  }
  if (problem === 'missing') {
    throw invalid(
      'MaxWaitTimeInSeconds: expected a number of seconds, because EnableManagedSpotTraining is true.',
    );
  }
  if (problem === 'too-short') {
    throw invalid(
      `MaxWaitTimeInSeconds: expected at least MaxRuntimeInSeconds (${maxRuntime}), got ${maxWait}.`,
    );
  }
}

/**
 * Checks a transform job's load: MaxPayloadInMB at most 100, and times MaxConcurrentTransforms at most 100.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function validateTransformLoad(maxPayloadInMB?: number, maxConcurrentTransforms?: number): void {
  const problem = transformLoadProblem(maxPayloadInMB, maxConcurrentTransforms);
  if (problem === 'payload') {
    throw invalid(`MaxPayloadInMB: expected 0 to ${MAX_PAYLOAD_IN_MB}, got ${maxPayloadInMB}.`);
  }
  if (problem === 'load') {
    throw invalid(
      `MaxConcurrentTransforms * MaxPayloadInMB: expected at most ${MAX_PAYLOAD_IN_MB}, got ${maxConcurrentTransforms} * ${maxPayloadInMB}.`,
    );
  }
}

function expectAtMost(field: string, unit: string, actual: number, maximum: number): void {
  if (actual > maximum) throw invalid(`${field}: expected at most ${maximum} ${unit}, got ${actual}.`);
}

function invalid(message: string): SluiceError {
  return new SluiceError('InvalidArgument', message);
}
