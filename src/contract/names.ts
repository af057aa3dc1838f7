/**
 * Names of jobs and of what belongs to them.
 *
 * Source: the patterns of the SageMaker API's service model; the form of generated names from the SageMaker
 * Python SDK (`name_from_base`).
 */
import { SluiceError } from '../core/errors.ts';

/** The longest name of a job, model or endpoint. */
export const MAX_NAME_LENGTH = 63;

/** What a name is made of, for messages. */
export const NAME_RULE = `expected at most ${MAX_NAME_LENGTH} letters, digits and '-', beginning and ending with a letter or digit`;

/** Names of jobs, models, workflows, tasks, nodes and containers; {@link isName} has the length, too. */
export const NAME_PATTERN = /^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}$/;
const CHANNEL_PATTERN = /^[A-Za-z0-9.\-_]{1,64}$/;

/** Whether a job, model, workflow, task, node or container may be called so. */
export function isName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && NAME_PATTERN.test(name);
}

/**
 * Checks a job's name.
 *
 * @param field - How the message calls it: `TrainingJobName`.
 * @throws SluiceError `InvalidArgument`
 */
export function validateJobName(name: string, field = 'job name'): void {
  if (isName(name)) return;
  throw new SluiceError(
    'InvalidArgument',
    `${field}: expected 1 to ${MAX_NAME_LENGTH} letters, digits and hyphens that begin and end with a letter or digit, got '${name}'.`,
    { hint: `For example: ${baseName(name)}` },
  );
}

/**
 * Checks the name of a training channel.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function validateChannelName(name: string): void {
  // '.' and '..' pass AWS's own pattern, but no directory can be called so.
  if (CHANNEL_PATTERN.test(name) && name !== '.' && name !== '..') return;
  throw new SluiceError(
    'InvalidArgument',
    `ChannelName: expected 1 to 64 letters, digits, '.', '-' and '_', got '${name}'.`,
  );
}

/**
 * A name from a base and a time, as SageMaker's SDK makes them: `<base>-YYYY-MM-DD-HH-MM-SS-mmm`, in UTC, the base
 * cut so that the whole has at most 63 characters.
 */
export function uniqueName(base: string, time: Date): string {
  const timestamp = time.toISOString().slice(0, 23).replace(/[T:.]/g, '-');
  const head = baseName(base).slice(0, MAX_NAME_LENGTH - timestamp.length - 1);
  return `${head.replace(/-+$/, '')}-${timestamp}`;
}

/** Anything as a valid name: other characters become hyphens, at most 63 stay; `job` where nothing is left. */
export function baseName(text: string): string {
  const name = text
    .replace(/[^a-zA-Z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/-+$/, '');
  return name || 'job';
}
