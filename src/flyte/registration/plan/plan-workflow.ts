import { type Binding, GRAPH_VERSION, type WorkflowGraph } from '../../../graph/index.ts';
import { flyteVariable } from './flyte-types.ts';
import type { FlyteBinding, FlyteNode, TaskSpec, TypedInterface, WorkflowSpec } from './messages.ts';
import { outputType, type PlannedBindings, planBindings, withoutDefault } from './plan-bindings.ts';
import { graphTask, type Identify, type PlannedNode, seconds } from './plan-tasks.ts';

/** Names of nodes that Flyte has itself. */
const RESERVED = /^(?:start|end)-node$/;

/** The nodes and outputs of a workflow, with what else has to be registered for them. */
export interface PlannedWorkflow {
  readonly workflow: WorkflowSpec;
  readonly tasks: readonly TaskSpec[];
}

/** The workflow of planned nodes. Pure. */
export function planWorkflow(
  graph: WorkflowGraph,
  planned: readonly PlannedNode[],
  identify: Identify,
): PlannedWorkflow {
  const names = nodeNames(graph);
  const nodes = planned.map((node) => flyteNode(node, names));
  const outputs = planOutputs(graph, names, identify);
  return {
    tasks: outputs.task ? [outputs.task] : [],
    workflow: workflowSpec(graph, identify, {
      nodes: outputs.node ? [...nodes, outputs.node] : nodes,
      outputs: outputs.bindings,
      types: outputs.types,
    }),
  };
}

/** The workflow of one node, whose task runs the whole graph. Pure. */
export function planPipeline(graph: WorkflowGraph, identify: Identify): PlannedWorkflow {
  const task = graphTask(identify('TASK', `${graph.name}.pipeline`), graph);
  const node: FlyteNode = {
    id: 'pipeline',
    metadata: { name: graph.name, retries: { retries: 0 } },
    inputs: Object.keys(graph.interface.inputs).map((name) => promise(name, '', name)),
    upstreamNodeIds: [],
    taskNode: { referenceId: task.template.id },
  };
  return {
    tasks: [task],
    workflow: workflowSpec(graph, identify, {
      nodes: [node],
      outputs: Object.keys(graph.interface.outputs).map((name) => promise(name, 'pipeline', name)),
      types: task.template.interface.outputs.variables,
    }),
  };
}

function workflowSpec(
  graph: WorkflowGraph,
  identify: Identify,
  parts: {
    readonly nodes: readonly FlyteNode[];
    readonly outputs: readonly FlyteBinding[];
    readonly types: TypedInterface['outputs']['variables'];
  },
): WorkflowSpec {
  const inputs = Object.entries(graph.interface.inputs);
  return {
    template: {
      id: identify('WORKFLOW', graph.name),
      metadata: { onFailure: graph.failurePolicy ?? 'FAIL_IMMEDIATELY' },
      interface: {
        inputs: {
          variables: Object.fromEntries(inputs.map(([name, input]) => [name, flyteVariable(input)])),
        },
        outputs: { variables: parts.types },
      },
      nodes: parts.nodes,
      outputs: parts.outputs,
      metadataDefaults: {},
    },
    ...(graph.description !== undefined && { description: { shortDescription: graph.description } }),
  };
}

function flyteNode(
  { node, task, planned, taskId }: PlannedNode,
  names: ReadonlyMap<string, string>,
): FlyteNode {
  const { retries = 0, timeoutSeconds } = task;
  return {
    id: names.get(node.id) ?? node.id,
    metadata: {
      name: node.id,
      retries: { retries },
      ...(timeoutSeconds !== undefined && { timeout: seconds(timeoutSeconds) }),
    },
    inputs: flyteBindings(planned, names),
    upstreamNodeIds: upstreamOf(planned, node.after ?? [], names),
    taskNode: { referenceId: taskId },
  };
}

/** The bindings with the names that the nodes have in Flyte. */
function flyteBindings({ inputs }: PlannedBindings, names: ReadonlyMap<string, string>): FlyteBinding[] {
  return inputs.map(({ binding }) => {
    const { promise: from } = binding.binding;
    return from ? promise(binding.var, names.get(from.nodeId) ?? from.nodeId, from.var) : binding;
  });
}

function upstreamOf(
  { inputs }: PlannedBindings,
  after: readonly string[],
  names: ReadonlyMap<string, string>,
): string[] {
  const ids = new Set(after);
  for (const { binding } of inputs)
    if (binding.binding.promise?.nodeId) ids.add(binding.binding.promise.nodeId);
  return [...ids].map((id) => names.get(id) ?? id);
}

function promise(name: string, nodeId: string, output: string): FlyteBinding {
  return { var: name, binding: { promise: { nodeId, var: output } } };
}

/** The names of the nodes in Flyte: their own, but where Flyte has the name itself. */
function nodeNames({ nodes }: WorkflowGraph): Map<string, string> {
  const ids = new Set(nodes.map(({ id }) => id));
  return new Map(nodes.map(({ id }) => [id, RESERVED.test(id) ? freeName(id, ids) : id]));
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let count = 2; ; count++) if (!taken.has(`${wanted}-${count}`)) return `${wanted}-${count}`;
}

interface PlannedOutputs {
  readonly bindings: readonly FlyteBinding[];
  readonly types: TypedInterface['outputs']['variables'];
  /** Puts together what Flyte cannot: lists and maps of what several nodes have made. */
  readonly node?: FlyteNode;
  readonly task?: TaskSpec;
}

function planOutputs(
  graph: WorkflowGraph,
  names: ReadonlyMap<string, string>,
  identify: Identify,
): PlannedOutputs {
  const declared = Object.entries(graph.interface.outputs);
  const bound = Object.fromEntries(
    declared.map(([name, variable]) => [name, { variable, binding: graph.outputs[name] as Binding }]),
  );
  const simple = Object.entries(bound).filter(([, { binding }]) => !isComposite(binding));
  const plain = planBindings(graph, Object.fromEntries(simple));
  const types = Object.fromEntries(
    declared.map(([name, variable]) => [
      name,
      {
        type: outputType(graph, bound[name]?.binding as Binding, variable),
        ...(variable.description !== undefined && { description: variable.description }),
      },
    ]),
  );
  const composite = Object.entries(bound).filter(([, { binding }]) => isComposite(binding));
  const bindings = flyteBindings(plain, names);
  if (composite.length === 0) return { bindings, types };
  const collect = collectNode(graph, Object.fromEntries(composite), names, identify);
  const collected = composite.map(([name]) => promise(name, collect.node.id, name));
  return { ...collect, types, bindings: [...bindings, ...collected] };
}

function isComposite(binding: Binding): boolean {
  return 'list' in binding || 'map' in binding;
}

/** A node whose task is a graph without nodes: its outputs are made of its inputs. */
function collectNode(
  graph: WorkflowGraph,
  bound: Parameters<typeof planBindings>[1],
  names: ReadonlyMap<string, string>,
  identify: Identify,
): { node: FlyteNode; task: TaskSpec } {
  const planned = planBindings(graph, bound);
  const taken = new Set(names.values());
  const id = taken.has('outputs') ? freeName('outputs', taken) : 'outputs';
  const task = graphTask(identify('TASK', `${graph.name}.${id}`), {
    version: GRAPH_VERSION,
    name: graph.name,
    interface: {
      inputs: Object.fromEntries(
        planned.inputs.map(({ name, variable }) => [name, withoutDefault(variable)]),
      ),
      outputs: Object.fromEntries(Object.entries(bound).map(([name, { variable }]) => [name, variable])),
    },
    tasks: {},
    nodes: [],
    outputs: planned.bindings,
  });
  const node: FlyteNode = {
    id,
    metadata: { name: id, retries: { retries: 0 } },
    inputs: flyteBindings(planned, names),
    upstreamNodeIds: upstreamOf(planned, [], names),
    taskNode: { referenceId: task.template.id },
  };
  return { node, task };
}
