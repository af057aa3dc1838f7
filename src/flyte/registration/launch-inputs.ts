import { SluiceError } from '../../core/errors.ts';
import { isRequired, type Json, type WorkflowGraph } from '../../graph/index.ts';
import type { LiteralMap } from '../connector/messages.ts';
import { flyteLiteral } from './plan/flyte-types.ts';

/** The inputs of an execution as literals. @throws SluiceError `InvalidArgument` where one is missing */
export function launchInputs(
  { interface: own, name }: Pick<WorkflowGraph, 'interface' | 'name'>,
  values: Readonly<Record<string, Json>>,
  /** Inputs that the launch plan has values for. */
  given: readonly string[] = [],
): LiteralMap {
  const missing = Object.entries(own.inputs).filter(
    ([input, variable]) => isRequired(variable) && !Object.hasOwn(values, input) && !given.includes(input),
  );
  if (missing.length > 0)
    throw new SluiceError(
      'InvalidArgument',
      `Workflow '${name}' needs a value for: ${missing.map(([input]) => input).join(', ')}.`,
      { hint: missing.map(([input]) => `--input ${input}=VALUE`).join(' ') },
    );
  const literals = Object.entries(values).map(([input, value]) => [
    input,
    flyteLiteral(value, own.inputs[input]?.type ?? 'json'),
  ]);
  return { literals: Object.fromEntries(literals) };
}
