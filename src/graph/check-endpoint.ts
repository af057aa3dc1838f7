import { isName, NAME_RULE } from '../contract/names.ts';
import { suggest } from '../core/suggest.ts';
import type { Report } from './problems.ts';
import type { EndpointTask } from './types.ts';

/** As SageMaker allows. */
const MAX_VARIANTS = 10;

/** Checks an endpoint by itself: its variants have models, and its limits fit. */
export function checkEndpoint(task: EndpointTask, report: Report): void {
  const { endpointName, variants, scaling, mode } = task;
  const names = Object.keys(variants);
  if (endpointName !== undefined && !isName(endpointName))
    report(`endpointName: ${NAME_RULE}, got '${endpointName}'.`);
  if (names.length === 0) report('variants: expected one at least.');
  if (names.length > MAX_VARIANTS) report(`variants: expected at most ${MAX_VARIANTS}, got ${names.length}.`);
  const inputs = Object.keys(task.interface.inputs);
  for (const [name, { input }] of Object.entries(variants)) {
    if (!isName(name)) report(`variant '${name}': its name: ${NAME_RULE}.`);
    if (!inputs.includes(input))
      report(`variant '${name}': there is no input '${input}'. ${suggest(input, inputs)}`);
  }
  if (names.length > 0 && names.every((name) => variants[name]?.weight === 0))
    report('variants: expected a weight above 0, so that one of them takes the traffic.');
  const isServed = task.script || task.image || task.framework;
  if (!isServed && names.some((name) => variants[name]?.image === undefined))
    report('it has nothing to serve with: give a script, a framework or an image.');
  if (scaling && scaling.maxInstanceCount < scaling.minInstanceCount) {
    report(
      `scaling.maxInstanceCount: expected at least minInstanceCount, ${scaling.minInstanceCount}, got ${scaling.maxInstanceCount}.`,
    );
  }
  if (mode === 'MultiModel' && names.length > 1)
    report("mode 'MultiModel': it has one variant, whose server has all models.");
  if (task.instancePreferences !== undefined)
    report('instancePreferences: a variant of an endpoint takes one type alone.');
  if (task.arguments !== undefined || task.command !== undefined)
    report(
      'command and arguments: an endpoint takes none; its image serves, with the functions of the script.',
    );
}
