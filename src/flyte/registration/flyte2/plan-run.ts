import type { Json, WorkflowGraph } from '../../../graph/index.ts';
import type { Literal } from '../../connector/messages.ts';
import { launchInputs } from '../launch-inputs.ts';
import { flyteTaskType } from '../plan/flyte-types.ts';
import type { FlytePackage, TypedInterface } from '../plan/messages.ts';

/** flyteidl2.task.NamedLiteral */
interface NamedLiteral {
  readonly name: string;
  readonly value: Literal;
}

/** What of flyteidl2.workflow.CreateRunRequest a run of a workflow has, beside its name. */
export interface PlannedRun2 {
  readonly taskSpec: {
    readonly taskTemplate: object;
    readonly shortName: string;
  };
  readonly inputs: { readonly literals: readonly NamedLiteral[] };
}

/**
 * A run of Flyte 2: one task with the whole graph, of its step's type where it has one step, else `sluice_pipeline`. Pure.
 *
 * @param planned the workflow as one task, whose values begin with the launch plan's
 * @throws SluiceError `InvalidArgument` where an input is missing
 */
export function planRun2(
  graph: WorkflowGraph,
  planned: FlytePackage,
  values: Readonly<Record<string, Json>>,
): PlannedRun2 {
  const [task] = planned.tasks;
  if (!task) throw new Error('A workflow is planned without its task.');
  const { template } = task;
  const { resourceType: _, ...id } = template.id;
  const parameters = planned.launchPlans[0]?.spec.defaultInputs.parameters ?? {};
  const defaults = Object.entries(parameters).flatMap(([name, parameter]) =>
    parameter.default ? [[name, parameter.default] as const] : [],
  );
  const { literals = {} } = launchInputs(graph, values);
  const given = Object.entries({ ...Object.fromEntries(defaults), ...literals });
  return {
    taskSpec: {
      taskTemplate: { ...template, id, type: typeOf(graph), interface: listed(template.interface) },
      shortName: graph.name,
    },
    inputs: { literals: given.map(([name, value]) => ({ name, value })) },
  };
}

function typeOf({ nodes, tasks }: WorkflowGraph): string {
  const [only, ...others] = nodes;
  const task = only && tasks[only.task];
  return task && others.length === 0 && task.type !== 'function' ? flyteTaskType(task) : 'sluice_pipeline';
}

/** In Flyte 2 variables are a list. */
function listed({ inputs, outputs }: TypedInterface): object {
  const entries = (of: TypedInterface['inputs']) => ({
    variables: Object.entries(of.variables).map(([key, value]) => ({ key, value })),
  });
  return { inputs: entries(inputs), outputs: entries(outputs) };
}
