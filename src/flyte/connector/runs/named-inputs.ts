import { SluiceError } from '../../../core/errors.ts';
import { describeValue } from '../../../core/json-problem.ts';
import type { Json } from '../../../graph/index.ts';
import type { FlyteTask } from '../flyte-task.ts';

/** What begins the name of a member of the input `hyperparameters`. */
const MEMBER = 'hyperparameters.';

/**
 * The values of a task by the names of its job's inputs: what `custom.inputs` says, `{ model_path: 'model', epochs:
 * 'hyperparameters.epochs', comment: null }`, else their own.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function nameInputs(
  { custom }: Pick<FlyteTask, 'custom'>,
  given: Readonly<Record<string, Json>>,
): Readonly<Record<string, Json>> {
  const { inputs: said } = custom;
  if (said === undefined || said === null) return given;
  if (typeof said !== 'object' || Array.isArray(said)) throw expected('custom.inputs', 'an object', said);
  const names = said as { readonly [name: string]: Json };
  const named: [string, Json][] = [];
  const members: [string, Json][] = [];
  for (const [name, value] of Object.entries(given)) {
    const target: Json | undefined = Object.hasOwn(names, name) ? names[name] : name;
    if (target === null) continue;
    if (typeof target !== 'string')
      throw expected(`custom.inputs.${name}`, 'the name of an input or null', target ?? null);
    if (target.startsWith(MEMBER)) members.push([target.slice(MEMBER.length), value]);
    else named.push([target, value]);
  }
  const inputs = Object.fromEntries(named);
  if (members.length === 0) return inputs;
  const own = inputs['hyperparameters'] as Record<string, Json> | undefined;
  return { ...inputs, hyperparameters: { ...own, ...Object.fromEntries(members) } };
}

function expected(field: string, what: string, got: Json): SluiceError {
  return new SluiceError('InvalidArgument', `${field}: expected ${what}, got ${describeValue(got)}.`);
}
