import { MAX_ENVIRONMENT_ENTRIES } from '../../contract/limits.ts';
import { SluiceError } from '../../core/errors.ts';
import type { ProcessingTask } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';

/** The longest value of a processing job's environment that SageMaker takes. Characters. */
const MAX_VALUE_LENGTH = 256;

/**
 * The values that a processing job is given, as its environment has them: one JSON object of ASCII, in pieces. Pure.
 *
 * @throws SluiceError `InvalidArgument` where there is no room for them
 */
export function parameterVariables(task: ProcessingTask, { inputs }: TaskInvocation): Record<string, string> {
  const { parameters = [], name: taskName, environment } = task;
  if (parameters.length === 0) return {};
  const given = parameters.filter((name) => inputs[name] !== undefined).map((name) => [name, inputs[name]]);
  const text = JSON.stringify(Object.fromEntries(given)).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const pieces = text.match(new RegExp(`.{1,${MAX_VALUE_LENGTH}}`, 'g')) ?? [];
  const room = MAX_ENVIRONMENT_ENTRIES - Object.keys(environment).length;
  if (pieces.length <= room) {
    return Object.fromEntries(pieces.map((piece, index) => [`SLUICE_PARAMETERS_${index}`, piece]));
  }
  throw new SluiceError(
    'InvalidArgument',
    `Task '${taskName}': its parameters are ${text.length} characters of JSON, and a processing job takes ${room * MAX_VALUE_LENGTH}.`,
    { hint: 'Give what is large as a file: an input with data.' },
  );
}
