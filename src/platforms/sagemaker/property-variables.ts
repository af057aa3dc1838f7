import type { JobTask, PropertyFile } from '../../graph/index.ts';

const NAME = 'SLUICE_PROPERTY_FILES_';

/** The longest value of an environment variable that every type of job takes. */
const MAX_VALUE_LENGTH = 256;

/**
 * Which files of a job's outputs are read once it has ended, as its environment keeps them: any process finds them there.
 * Pure.
 */
export function propertyVariables(task: JobTask): Record<string, string> {
  const files = 'propertyFiles' in task ? (task.propertyFiles ?? {}) : {};
  if (Object.keys(files).length === 0) return {};
  const text = encodeURI(JSON.stringify(files));
  const pieces = text.match(new RegExp(`.{1,${MAX_VALUE_LENGTH}}`, 'g')) ?? [];
  return Object.fromEntries(pieces.map((piece, index) => [`${NAME}${index}`, piece]));
}

/** What {@link propertyVariables} has kept. Undefined where there is nothing of it, or nothing that it has written. Pure. */
export function readPropertyVariables(
  environment: Readonly<Record<string, string>> = {},
): Readonly<Record<string, PropertyFile>> | undefined {
  const pieces: string[] = [];
  while (environment[`${NAME}${pieces.length}`] !== undefined)
    pieces.push(environment[`${NAME}${pieces.length}`] as string);
  if (pieces.length === 0) return undefined;
  try {
    return JSON.parse(decodeURI(pieces.join(''))) as Readonly<Record<string, PropertyFile>>;
  } catch {
    return undefined;
  }
}
