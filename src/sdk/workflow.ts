import { SluiceError } from '../core/errors.ts';
import {
  type Binding,
  checkGraph,
  deepFreeze,
  type FailurePolicy,
  GRAPH_VERSION,
  type Variable,
  type VariableType,
  type WorkflowGraph,
} from '../graph/index.ts';
import { callSite } from './call-site.ts';
import { expectOptions } from './expect-options.ts';
import { GraphBuilder, literalType } from './graph-builder.ts';
import { type MixedJson, Reference, type ReferencesOf } from './references.ts';
import type { TaskFunction } from './task-call.ts';
import type { AnyVariable } from './variables.ts';
import { variablesAt } from './variables-at.ts';

/** What a workflow says of itself. */
export interface WorkflowOptions<Inputs extends Readonly<Record<string, AnyVariable>>> {
  readonly inputs?: Inputs;
  readonly description?: string;
  /** @default 'FAIL_IMMEDIATELY' */
  readonly failurePolicy?: FailurePolicy;
}

/** What a workflow returns: named outputs of tasks, inputs, or literals. */
export type WorkflowOutputs = Readonly<Record<string, MixedJson | undefined>>;

/** A workflow, ready to run. */
export interface Workflow {
  readonly kind: 'sluice.workflow';
  readonly name: string;
  readonly graph: WorkflowGraph;
  /** The functions of its `task()`s, by task name. */
  readonly functions: Readonly<Record<string, TaskFunction>>;
}

/**
 * Defines a workflow: runs `build` once, now, with references in place of values, and checks and freezes the graph
 * of the tasks that it calls.
 *
 * @throws SluiceError `GraphInvalid` that names the task and its file.
 */
export function workflow<const Inputs extends Readonly<Record<string, AnyVariable>> = Record<never, never>>(
  name: string,
  options: WorkflowOptions<Inputs>,
  build: (inputs: ReferencesOf<Inputs>) => WorkflowOutputs | void,
): Workflow {
  const site = callSite();
  const owner = `Workflow '${name}' (${site.file})`;
  if (typeof build !== 'function') throw withoutFunction(owner, name);
  expectOptions(owner, options, ['inputs', 'description', 'failurePolicy']);
  const builder = new GraphBuilder(name, site.directory);
  const inputs = variablesAt(options.inputs ?? {}, site.directory);
  const result = builder.build(() => build(builder.inputs(inputs) as ReferencesOf<Inputs>));
  const { outputs, bindings } = readOutputs(builder, result ?? {});
  const graph: WorkflowGraph = {
    version: GRAPH_VERSION,
    name,
    ...(options.description !== undefined && { description: options.description }),
    file: site.file,
    ...(options.failurePolicy !== undefined && { failurePolicy: options.failurePolicy }),
    interface: { inputs, outputs },
    outputs: bindings,
    tasks: builder.tasks,
    nodes: builder.nodes,
  };
  checkGraph(graph);
  return Object.freeze({
    kind: 'sluice.workflow',
    name,
    graph: deepFreeze(graph),
    functions: Object.freeze(builder.functions),
  });
}

/** Whether a value is what {@link workflow} returns, of whatever copy of the package. */
export function isWorkflow(value: unknown): value is Workflow {
  return (
    typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'sluice.workflow'
  );
}

/** Who writes JavaScript, or whose editor does not check, may leave out the options. */
function withoutFunction(owner: string, name: string): SluiceError {
  return new SluiceError('GraphInvalid', `${owner}: the function that calls its tasks is missing.`, {
    hint: `It comes third, after the options: workflow('${name}', {}, () => { … }).`,
  });
}

function readOutputs(
  builder: GraphBuilder,
  result: WorkflowOutputs,
): { outputs: Record<string, Variable>; bindings: Record<string, Binding> } {
  if (typeof (result as { then?: unknown }).then === 'function') {
    throw new SluiceError('GraphInvalid', `Workflow '${builder.workflow}': its function is async.`, {
      hint: 'Remove async and await: the function only says how tasks hang together; nothing runs in it.',
    });
  }
  const outputs: Record<string, Variable> = {};
  const bindings: Record<string, Binding> = {};
  for (const [name, value] of Object.entries(result)) {
    if (value === undefined) continue;
    bindings[name] = builder.bind(value, `output '${name}'`);
    const type: VariableType = value instanceof Reference ? value.type : literalType(value);
    outputs[name] = { type };
  }
  return { outputs, bindings };
}
