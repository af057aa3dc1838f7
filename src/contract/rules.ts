/**
 * The rules of a job that several doors hold it against, each of which tells of a broken one in its own words: the API
 * in those of AWS, the workflow and the command line in ours.
 *
 * Source: API_CreateTrainingJob, API_StoppingCondition, API_Channel, API_CreateTransformJob, API_ProcessingS3Input and
 * the developer guide (LocalPath).
 */
import { PROCESSING_DIRECTORY } from './paths.ts';

/** MaxRuntimeInSeconds of a training or processing job that names none: one day. */
export const DEFAULT_MAX_RUNTIME_SECONDS = 86_400;
/** MaxPayloadInMB of a transform job may be so much, and times MaxConcurrentTransforms too. */
export const MAX_PAYLOAD_IN_MB = 100;
/** MaxPayloadInMB of a transform job where neither the request nor the container says. */
export const DEFAULT_PAYLOAD_IN_MB = 6;
const MAX_LOCAL_PATH_LENGTH = 256;

/**
 * What is wrong with the times of a training job: MaxWaitTimeInSeconds goes with managed spot training (`not-spot`,
 * `missing`), and is at least MaxRuntimeInSeconds (`too-short`). Undefined: nothing.
 */
export function spotTimesProblem(
  spot: boolean,
  maxRuntime: number,
  maxWait: number | undefined,
): 'not-spot' | 'missing' | 'too-short' | undefined {
  if (!spot) return maxWait === undefined ? undefined : 'not-spot';
  if (maxWait === undefined) return 'missing';
  return maxWait < maxRuntime ? 'too-short' : undefined;
}

/**
 * What is too much of a transform job's load: MaxPayloadInMB by itself (`payload`), or times MaxConcurrentTransforms
 * (`load`). Undefined: nothing.
 */
export function transformLoadProblem(
  maxPayloadInMB: number = DEFAULT_PAYLOAD_IN_MB,
  maxConcurrentTransforms = 1,
): 'payload' | 'load' | undefined {
  if (!(maxPayloadInMB >= 0 && maxPayloadInMB <= MAX_PAYLOAD_IN_MB)) return 'payload';
  return maxPayloadInMB * Math.max(1, maxConcurrentTransforms) > MAX_PAYLOAD_IN_MB ? 'load' : undefined;
}

/** Whether processing inputs and outputs may lie there: below `/opt/ml/processing/`, never out of it. */
export function isProcessingLocalPath(path: string): boolean {
  const inside = path.startsWith(`${PROCESSING_DIRECTORY}/`) && !path.split('/').includes('..');
  return inside && path.length <= MAX_LOCAL_PATH_LENGTH && path.replace(/\/+$/, '') !== PROCESSING_DIRECTORY;
}

/** The field of a channel that asks for what only its Pipe mode does. Undefined: none. */
export function fieldThatNeedsPipe(channel: {
  readonly inputMode?: string | undefined;
  readonly compressionType?: string | undefined;
  readonly recordWrapperType?: string | undefined;
}): 'compressionType' | 'recordWrapperType' | undefined {
  if (channel.inputMode === 'Pipe') return undefined;
  return (['compressionType', 'recordWrapperType'] as const).find(
    (field) => channel[field] !== undefined && channel[field] !== 'None',
  );
}

/** The first value that stands a second time; undefined where each stands once. */
export function firstRepeated<T>(values: readonly T[]): T | undefined {
  return values.find((value, index) => values.indexOf(value) !== index);
}
