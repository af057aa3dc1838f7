import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { type Interface, isRequired, type Json, type Variable, valueProblem } from '../graph/index.ts';

/**
 * The values of a workflow's inputs: those given, and defaults for the others.
 *
 * @throws SluiceError `InvalidArgument` that tells every unknown, missing or wrong input, and which exist.
 */
export function resolveInputs(
  workflow: string,
  { inputs }: Interface,
  given: Readonly<Record<string, Json>>,
): Record<string, Json> {
  const values: Record<string, Json> = {};
  const problems = Object.keys(given)
    .filter((name) => !Object.hasOwn(inputs, name))
    .map((name) => `there is no input '${name}'. ${suggest(name, Object.keys(inputs))}`);
  for (const [name, variable] of Object.entries(inputs)) {
    const value = given[name] ?? variable.default;
    const problem = inputProblem(name, variable, value);
    if (problem) problems.push(problem);
    else if (value !== undefined) values[name] = value;
  }
  if (problems.length === 0) return values;
  throw new SluiceError(
    'InvalidArgument',
    problems.length === 1
      ? `Workflow '${workflow}': ${problems[0]}`
      : `Workflow '${workflow}':\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    { hint: `Its inputs are: ${Object.entries(inputs).map(describeInput).join(', ') || 'none'}.` },
  );
}

function inputProblem(name: string, variable: Variable, value: Json | undefined): string | undefined {
  if (value === undefined) return isRequired(variable) ? `the input '${name}' is missing.` : undefined;
  const problem = valueProblem(variable.type, value);
  return problem && `the input '${name}': ${problem}.`;
}

function describeInput([name, variable]: [string, Variable]): string {
  const given = variable.default === undefined ? '' : `, default ${JSON.stringify(variable.default)}`;
  return `${name} (${variable.type}${isRequired(variable) ? '' : given || ', optional'})`;
}
