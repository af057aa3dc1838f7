import { SluiceError } from '../../../core/errors.ts';
import { suggest } from '../../../core/suggest.ts';
import type { Json } from '../../../graph/index.ts';
import type { FlyteTask } from '../flyte-task.ts';

/** By the output that the Flyte task declares, the one of the job or the workflow: `model`, `metrics.accuracy`. */
export type OutputNames = Readonly<Record<string, string>>;

/** What a Flyte task of one output gets, where the job has none of its name. */
const MAIN_OUTPUTS = ['model', 'output', 'endpointName'];

/**
 * Finds for each declared output what it is made of: what `custom.outputs` says, the output of its own name, or for a
 * single one the job's main output.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function nameOutputs({ outputs, custom }: FlyteTask, made: readonly string[]): OutputNames {
  const given = (custom['outputs'] ?? {}) as Readonly<Record<string, Json>>;
  const declared = Object.keys(outputs);
  const main = declared.length === 1 ? mainOutput(made) : undefined;
  return Object.fromEntries(
    declared.map((name) => {
      const source = Object.hasOwn(given, name) ? String(given[name]) : made.includes(name) ? name : main;
      if (source === undefined || !made.includes(source.split('.')[0] as string))
        throw unknownOutput(name, source, made);
      return [name, source];
    }),
  );
}

function mainOutput(made: readonly string[]): string | undefined {
  return made.length === 1 ? made[0] : MAIN_OUTPUTS.find((name) => made.includes(name));
}

function unknownOutput(name: string, source: string | undefined, made: readonly string[]): SluiceError {
  return new SluiceError(
    'InvalidArgument',
    source === undefined
      ? `The task declares an output '${name}', and it makes none of this name.`
      : `custom.outputs.${name}: there is no output '${source}'. ${suggest(source, made)}`,
    { hint: `It makes: ${made.join(', ') || 'nothing'}. Name one in custom.outputs: { ${name}: '…' }.` },
  );
}

/** The values of the declared outputs; those that were not made are left out. */
export function pickOutputs(
  names: OutputNames,
  values: Readonly<Record<string, Json>>,
): Record<string, Json> {
  const picked: Record<string, Json> = {};
  for (const [name, source] of Object.entries(names)) {
    const value = valueAt(values, source.split('.'));
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

function valueAt(values: Json, path: readonly string[]): Json | undefined {
  let value: Json | undefined = values;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as { readonly [key: string]: Json })[part];
  }
  return value;
}
