import { AwsError } from './aws-error.ts';
import type { ServiceOptions } from './create-service.ts';
import { checkInput, findOperation } from './find-operation.ts';
import type { OperationModel } from './model/service-model.ts';
import { parseInput } from './parse-input.ts';
import { show } from './show.ts';

/** What a service is made of whose operations take a structure each way. */
export interface StructureServiceOptions extends ServiceOptions {
  /** The code of an input that breaks a constraint. @default 'ValidationException' */
  readonly invalidInputCode?: string;
}

/**
 * Runs an operation by its name over the input that its request holds, read once the operation is known.
 *
 * @returns the members that the model names, in its order; undefined for an operation without output.
 * @throws AwsError
 */
export async function runOperation(
  options: StructureServiceOptions,
  name: string,
  readInput: () => unknown,
): Promise<object | undefined> {
  const found = findOperation(options, name);
  if (!found) throw new AwsError('UnknownOperationException', unknownOperation(options, name));
  const { operation, handler } = found;
  const { value, unknownMembers } = parseInput(options.model, operation.input, readInput());
  if (unknownMembers.length > 0) {
    const shown = unknownMembers.slice(0, 10).map(showName).join(', ');
    options.log(`${name}: ignored members that ${options.name} does not know: ${shown}`);
  }
  checkInput(options.model, operation, value, options.invalidInputCode);
  return outputMembers(operation, await handler(value as never));
}

function unknownOperation({ name: service, model }: ServiceOptions, name: string): string {
  return model.otherOperations.includes(name)
    ? `Sluice does not serve the operation ${name} of ${service}.`
    : `${service} has no operation ${JSON.stringify(name)}.`;
}

/** Most are a typing slip, and stand as they are. */
function showName(name: string): string {
  return /^[\w.[\]]{1,200}$/.test(name) ? name : show(name);
}

function outputMembers(operation: OperationModel, output: object): object | undefined {
  if (operation.output === undefined) return undefined;
  const members: Record<string, unknown> = {};
  for (const name of operation.output) {
    const value = (output as Record<string, unknown>)[name];
    if (value !== undefined) members[name] = value;
  }
  return members;
}
