import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import {
  canonicalJson,
  GRAPH_VERSION,
  type GraphNode,
  nodeReferences,
  type Task,
  type Variable,
  type WorkflowGraph,
} from '../../../graph/index.ts';
import { jsonToStruct } from '../../connector/literals/struct.ts';
import { flyteTaskType, flyteVariable } from './flyte-types.ts';
import { functionContainer } from './function-container.ts';
import type { EntityId, RegisteredTask, TaskSpec } from './messages.ts';
import { boundOf, type PlannedBindings, planBindings } from './plan-bindings.ts';

/** The flyteidl that the templates are written for: tasks of an SDK from 1.14 on have JSON values as MessagePack. */
const RUNTIME = { type: 'OTHER', version: '1.16.0', flavor: 'sluice' } as const;

/** Who names an entity that is registered. */
export type Identify = (resourceType: EntityId['resourceType'], name: string) => EntityId;

/** A node with the task of Flyte that it calls. */
export interface PlannedNode {
  readonly node: GraphNode;
  readonly task: Task;
  readonly planned: PlannedBindings;
  readonly taskId: EntityId;
}

/** What the tasks are made with. */
export interface PlanTasksOptions {
  readonly graph: WorkflowGraph;
  readonly identify: Identify;
  /** The image with Node and Sluice that functions run in. */
  readonly image: string | undefined;
}

/**
 * The tasks of Flyte that the nodes of a graph call. Nodes that call one task with values for the same inputs, as those of
 * a loop do, share one. Pure.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function planTasks(options: PlanTasksOptions): { tasks: TaskSpec[]; nodes: PlannedNode[] } {
  const { graph, identify } = options;
  const used = usedOutputs(graph);
  const nodes = graph.nodes.map((node) => {
    const task = graph.tasks[node.task] as Task;
    const planned = planBindings(graph, boundOf(node, task));
    const outputs = outputsOf(node.task, task, used);
    return { node, task, planned, template: templateOf(options, task, { planned, outputs }) };
  });
  const named = nameTemplates(graph, nodes);
  const tasks = new Map<string, TaskSpec>();
  const plannedNodes = nodes.map(({ template, ...rest }, index) => {
    const id = identify('TASK', named[index] as string);
    if (!tasks.has(id.name)) tasks.set(id.name, { template: { id, ...template } });
    return { ...rest, taskId: id };
  });
  return { tasks: [...tasks.values()], nodes: plannedNodes };
}

type Template = Omit<RegisteredTask, 'id'>;

/** `workflow.task`; where the calls of a task differ in their inputs `workflow.task.node`, of the first that is so. */
function nameTemplates(
  graph: WorkflowGraph,
  nodes: readonly { readonly node: GraphNode; readonly template: Template }[],
): string[] {
  const shapes = new Map<string, Map<string, string>>();
  const keys = nodes.map(({ node, template }) => {
    const key = canonicalJson(template);
    const ofTask = shapes.get(node.task) ?? new Map<string, string>();
    shapes.set(node.task, ofTask);
    if (!ofTask.has(key)) ofTask.set(key, node.id);
    return key;
  });
  return nodes.map(({ node }, index) => {
    const ofTask = shapes.get(node.task);
    const base = `${graph.name}.${node.task}`;
    return ofTask?.size === 1 ? base : `${base}.${ofTask?.get(keys[index] as string)}`;
  });
}

/** The outputs that something is made of, `task.output`. */
function usedOutputs({ nodes, outputs }: WorkflowGraph): Set<string> {
  const tasks = new Map(nodes.map((node) => [node.id, node.task]));
  const bindings = [...nodes.flatMap((node) => Object.values(node.inputs)), ...Object.values(outputs)];
  const references = bindings.flatMap((binding) => [...nodeReferences(binding)]);
  return new Set(references.map(({ node, output }) => `${tasks.get(node)}.${output}`));
}

/** A job need not make all its outputs: what nothing is made of may be missing. A function does. */
function outputsOf(name: string, task: Task, used: ReadonlySet<string>): Record<string, Variable> {
  const outputs = Object.entries(task.interface.outputs);
  if (task.type === 'function') return Object.fromEntries(outputs);
  return Object.fromEntries(
    outputs.map(([output, variable]) => [
      output,
      used.has(`${name}.${output}`) ? variable : { ...variable, required: false },
    ]),
  );
}

/** What a task takes and makes in Flyte. */
interface Ends {
  readonly planned: PlannedBindings;
  readonly outputs: Readonly<Record<string, Variable>>;
}

function templateOf({ graph, image }: PlanTasksOptions, task: Task, { planned, outputs }: Ends): Template {
  const own = nodeGraph(task, planned);
  const common = {
    metadata: metadataOf(task),
    interface: { inputs: inputsOf(planned), outputs: { variables: mapVariables(outputs) } },
  };
  if (task.type !== 'function')
    return { type: flyteTaskType(task), ...common, custom: jsonToStruct({ graph: own as unknown as Json }) };
  if (image === undefined) throw noImage(graph);
  return { type: 'container', ...common, container: functionContainer(own, image) };
}

function metadataOf({ retries = 0, timeoutSeconds }: Task): Template['metadata'] {
  return {
    runtime: RUNTIME,
    retries: { retries },
    ...(timeoutSeconds !== undefined && { timeout: seconds(timeoutSeconds) }),
  };
}

/** A duration of whole and parts of seconds. */
export function seconds(value: number): { seconds: string; nanos: number } {
  const whole = Math.floor(value);
  return { seconds: String(whole), nanos: Math.round((value - whole) * 1e9) };
}

function inputsOf({ inputs }: PlannedBindings): Template['interface']['inputs'] {
  return { variables: Object.fromEntries(inputs.map(({ name, flyte }) => [name, flyte])) };
}

/** The graph of one node, which the connector runs. Retries and timeouts are Flyte's there. */
function nodeGraph(task: Task, { inputs, bindings }: PlannedBindings): WorkflowGraph {
  const { retries: _retries, timeoutSeconds: _timeout, file: _file, ...rest } = task;
  const { name } = task;
  const outputs = Object.keys(task.interface.outputs);
  return {
    version: GRAPH_VERSION,
    name,
    interface: {
      inputs: Object.fromEntries(inputs.map((input) => [input.name, input.variable])),
      outputs: task.interface.outputs,
    },
    tasks: { [name]: rest },
    nodes: [{ id: name, task: name, inputs: bindings }],
    outputs: Object.fromEntries(outputs.map((output) => [output, { node: name, output }])),
  };
}

/** The task that carries a whole graph. */
export function graphTask(id: EntityId, whole: WorkflowGraph): TaskSpec {
  const graph = withoutFiles(whole);
  return {
    template: {
      id,
      type: 'sluice_pipeline',
      metadata: { runtime: RUNTIME, retries: { retries: 0 } },
      interface: {
        inputs: { variables: mapVariables(graph.interface.inputs) },
        outputs: { variables: mapVariables(graph.interface.outputs) },
      },
      custom: jsonToStruct({ graph: graph as unknown as Json }),
    },
  };
}

/** Where something stands in its file changes with every line above it, and means nothing to what runs. */
function withoutFiles({ file: _file, tasks, ...graph }: WorkflowGraph): WorkflowGraph {
  const bare = Object.entries(tasks).map(([name, { file: _place, ...task }]) => [name, task]);
  return { ...graph, tasks: Object.fromEntries(bare) };
}

function mapVariables(
  variables: WorkflowGraph['interface']['inputs'],
): RegisteredTask['interface']['inputs']['variables'] {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [name, flyteVariable(variable)]),
  );
}

function noImage({ name, tasks }: WorkflowGraph): SluiceError {
  const functions = Object.values(tasks).filter(({ type }) => type === 'function');
  const names = functions.map((task) => task.name).join(', ');
  return new SluiceError(
    'InvalidArgument',
    `Workflow '${name}' has functions (${names}), which run in an image of their own under Flyte, and none is named.`,
    {
      hint: 'Name one with Node and Sluice: --image REGISTRY/IMAGE:TAG. Or have the whole workflow run by Sluice as one task: --pipeline.',
    },
  );
}
