import { SluiceError } from '../../core/errors.ts';
import type { JobTask, Json } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';

/** The URI given for an input, or undefined when none was given. @throws SluiceError `InvalidArgument` */
export function inputUri(invocation: TaskInvocation, name: string): string | undefined {
  const value = invocation.inputs[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && /^(s3|file):\/\//.test(value)) return value;
  throw new SluiceError(
    'InvalidArgument',
    `Input '${name}' of task '${invocation.task.name}': expected an s3:// or file:// URI, got ${JSON.stringify(value)}.`,
  );
}

/** A script travels under a name of its own. @throws SluiceError `InvalidArgument` where data has that name */
export function refuseCodeInput({ name: task }: JobTask, code: string, names: readonly string[]): void {
  if (!names.includes(code)) return;
  throw new SluiceError('InvalidArgument', `Task '${task}': the name '${code}' is taken by its script.`, {
    hint: `Give the channel or input '${code}' another name.`,
  });
}

/** Hyperparameters as SageMaker takes them: strings as they are, everything else as JSON. */
export function encodeHyperparameters(values: Readonly<Record<string, Json>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

/** A task's hyperparameters with those of this call over them. @throws SluiceError `InvalidArgument` */
export function mergeHyperparameters(
  own: Readonly<Record<string, Json>>,
  given: Json | undefined,
  taskName: string,
): Readonly<Record<string, Json>> {
  if (given === undefined || given === null) return own;
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new SluiceError(
      'InvalidArgument',
      `Hyperparameters of task '${taskName}': expected an object, got ${JSON.stringify(given)}.`,
    );
  }
  return { ...own, ...(given as Readonly<Record<string, Json>>) };
}
