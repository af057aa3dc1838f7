/**
 * The places of SageMaker's job contract, as the job sees them.
 *
 * Source: AWS developer guide, "How Amazon SageMaker Provides Training Information" and "Build Your Own
 * Processing Container".
 */

/** The root of everything that a job shares with the platform. */
export const ML_ROOT = '/opt/ml';
export const INPUT_DIRECTORY = '/opt/ml/input';
export const INPUT_CONFIG_DIRECTORY = '/opt/ml/input/config';
export const INPUT_DATA_DIRECTORY = '/opt/ml/input/data';
export const MODEL_DIRECTORY = '/opt/ml/model';
/** Where the models of a multi-model container lie: `<id>/model`. */
export const MODELS_DIRECTORY = '/opt/ml/models';
export const CODE_DIRECTORY = '/opt/ml/code';
export const OUTPUT_DIRECTORY = '/opt/ml/output';
export const OUTPUT_DATA_DIRECTORY = '/opt/ml/output/data';
export const OUTPUT_INTERMEDIATE_DIRECTORY = '/opt/ml/output/intermediate';
export const METRICS_DIRECTORY = '/opt/ml/output/metrics/sagemaker';
export const FAILURE_FILE = '/opt/ml/output/failure';
export const EXIT_MESSAGE_FILE = '/opt/ml/output/message';
export const CHECKPOINT_DIRECTORY = '/opt/ml/checkpoints';
export const PROCESSING_DIRECTORY = '/opt/ml/processing';
export const PROCESSING_CONFIG_DIRECTORY = '/opt/ml/config';

/** A file to write before a job starts. */
export interface PlannedFile {
  /** Absolute, in the job: under `/opt/ml`. */
  readonly path: string;
  readonly content: string;
}

/** The directory of a training channel. */
export function channelDirectory(channel: string): string {
  return `${INPUT_DATA_DIRECTORY}/${channel}`;
}

/** Directories that exist, empty, before a training job starts. */
export const TRAINING_DIRECTORIES: readonly string[] = [
  INPUT_CONFIG_DIRECTORY,
  INPUT_DATA_DIRECTORY,
  MODEL_DIRECTORY,
  OUTPUT_DATA_DIRECTORY,
];

/** Directories that exist before a processing job starts, beside those of its inputs and outputs. */
export const PROCESSING_DIRECTORIES: readonly string[] = [
  PROCESSING_CONFIG_DIRECTORY,
  PROCESSING_DIRECTORY,
  OUTPUT_DIRECTORY,
];

/**
 * The path relative to `/opt/ml` of a path in the job, `''` for the root itself; undefined for a path that is
 * not inside, or that would leave it through `..`.
 */
export function relativeToMl(path: string): string | undefined {
  if (path === ML_ROOT) return '';
  if (!path.startsWith(`${ML_ROOT}/`)) return undefined;
  const parts = path
    .slice(ML_ROOT.length)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : parts.join('/');
}
