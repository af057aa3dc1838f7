import { SluiceError } from '../../../core/errors.ts';
import { suggest } from '../../../core/suggest.ts';
import { isRequired, type Json, type Variable, type WorkflowGraph } from '../../../graph/index.ts';
import { flyteLiteral, flyteVariable, NONE } from './flyte-types.ts';
import type { LaunchPlan, Parameter, Schedule } from './messages.ts';
import type { Identify } from './plan-tasks.ts';

/** What a launch plan says beyond its workflow. */
export interface LaunchPlanOptions {
  /** @default the workflow's name: what is launched where nothing else is said */
  readonly name?: string | undefined;
  /** Defaults in place of the workflow's own. */
  readonly defaults?: Readonly<Record<string, Json>> | undefined;
  /** What every execution has, and none may change. */
  readonly fixed?: Readonly<Record<string, Json>> | undefined;
  readonly schedule?: Schedule | undefined;
}

/**
 * The launch plan of the workflow's own name and, where another one is asked for, that one. Pure.
 *
 * @throws SluiceError `InvalidArgument` for inputs that there are not, and for a schedule that leaves one open
 */
export function planLaunchPlans(
  graph: WorkflowGraph,
  identify: Identify,
  options: LaunchPlanOptions,
): LaunchPlan[] {
  const { name = graph.name } = options;
  const asked = launchPlan(graph, identify, { ...options, name });
  return name === graph.name ? [asked] : [launchPlan(graph, identify, { name: graph.name }), asked];
}

function launchPlan(
  graph: WorkflowGraph,
  identify: Identify,
  { name, defaults = {}, fixed = {}, schedule }: LaunchPlanOptions & { readonly name: string },
): LaunchPlan {
  const { inputs } = graph.interface;
  expectKnown(name, [...Object.keys(defaults), ...Object.keys(fixed)], inputs);
  const open = Object.entries(inputs).filter(([input]) => !Object.hasOwn(fixed, input));
  const parameters = Object.fromEntries(
    open.map(([input, variable]) => [input, parameter(variable, defaults[input])]),
  );
  if (schedule) expectClosed(name, parameters);
  const literals = Object.entries(fixed).map(([input, value]) => [
    input,
    flyteLiteral(value, inputs[input]?.type ?? 'json'),
  ]);
  return {
    id: identify('LAUNCH_PLAN', name),
    spec: {
      workflowId: identify('WORKFLOW', graph.name),
      entityMetadata: schedule ? { schedule } : {},
      defaultInputs: { parameters },
      fixedInputs: { literals: Object.fromEntries(literals) },
      labels: {},
      annotations: {},
      rawOutputDataConfig: {},
    },
    closure: { expectedInputs: {}, expectedOutputs: {} },
  };
}

/** FlyteAdmin wants one or the other: what may be left out has none as its default. */
function parameter(variable: Variable, given: Json | undefined): Parameter {
  const value = given ?? variable.default;
  const flyte = flyteVariable(variable);
  if (value !== undefined) return { var: flyte, default: flyteLiteral(value, variable.type) };
  return isRequired(variable) ? { var: flyte, required: true } : { var: flyte, default: NONE };
}

function expectKnown(
  name: string,
  given: readonly string[],
  inputs: WorkflowGraph['interface']['inputs'],
): void {
  const unknown = given.find((each) => !Object.hasOwn(inputs, each));
  if (unknown === undefined) return;
  throw new SluiceError('InvalidArgument', `Launch plan '${name}': the workflow has no input '${unknown}'.`, {
    hint: suggest(unknown, Object.keys(inputs)),
  });
}

function expectClosed(name: string, parameters: Readonly<Record<string, Parameter>>): void {
  const open = Object.entries(parameters).filter(([, { required }]) => required);
  if (open.length === 0) return;
  throw new SluiceError(
    'InvalidArgument',
    `Launch plan '${name}' has a schedule, and nothing gives a value to: ${open.map(([input]) => input).join(', ')}.`,
    { hint: 'Give each a default or a fixed value: --default NAME=VALUE, --fixed NAME=VALUE.' },
  );
}
