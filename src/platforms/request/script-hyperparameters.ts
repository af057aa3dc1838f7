import { distributionHyperparameters } from '../../contract/distribution.ts';
import type { Json, TrainingTask } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';
import { SOURCE_ARCHIVE } from './code.ts';
import type { RequestOptions } from './request-options.ts';

/** INFO, as SageMaker's SDK has it. */
const LOG_LEVEL = '20';

/**
 * The hyperparameters of a training job with a script: the user's own, and those by which a framework's container finds
 * the script, as SageMaker's SDK sends them. Pure.
 *
 * @throws SluiceError `InvalidArgument` for a distribution that nobody knows
 */
export function scriptHyperparameters(
  task: TrainingTask,
  own: Readonly<Record<string, Json>>,
  { jobName }: TaskInvocation,
  { codeUri, account }: RequestOptions,
): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, encodeValue(value)])),
    ...distributionHyperparameters(task.distribution),
    sagemaker_program: JSON.stringify(task.script?.entry),
    sagemaker_submit_directory: JSON.stringify(`${codeUri}${SOURCE_ARCHIVE}`),
    sagemaker_container_log_level: LOG_LEVEL,
    sagemaker_job_name: JSON.stringify(jobName),
    sagemaker_region: JSON.stringify(account.region),
  };
}

/**
 * A value as the container decodes it. A text stands as it is, unless it would be read as something else: `'true'` of the
 * SDK stays a text.
 */
function encodeValue(value: Json): string {
  return typeof value === 'string' && !isJson(value) ? value : JSON.stringify(value);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return /^\s*(?:NaN|-?Infinity)\s*$/.test(text);
  }
}
