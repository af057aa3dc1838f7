import type { Binding, GraphNode, Json, Task, Variable, WorkflowGraph } from '../../../graph/index.ts';
import { resolveBindings } from '../../../graph/index.ts';
import type { LiteralType } from '../../connector/messages.ts';
import { flyteLiteral, flyteType, flyteVariable } from './flyte-types.ts';
import type { FlyteBinding, FlyteVariable } from './messages.ts';

/** An input that a task of Flyte has, and what one node gives it. */
export interface PlannedInput {
  readonly name: string;
  /** As Flyte knows it. */
  readonly flyte: FlyteVariable;
  /** As the graph of the task knows it. */
  readonly variable: Variable;
  readonly binding: FlyteBinding;
}

/** The inputs of a task of Flyte, and how the graph that it carries uses them. */
export interface PlannedBindings {
  readonly inputs: readonly PlannedInput[];
  /** By name of the task's own input, or of the workflow's output: of the inputs above. */
  readonly bindings: Readonly<Record<string, Binding>>;
}

/** What is bound: the type that it is for, where it comes from. */
export interface Bound {
  readonly variable: Variable;
  readonly binding: Binding;
}

/** The bindings of a node, with the types of the task's inputs. */
export function boundOf(node: GraphNode, task: Task): Record<string, Bound> {
  const { inputs } = task.interface;
  return Object.fromEntries(
    Object.entries(node.inputs).map(([name, binding]) => [
      name,
      { binding, variable: inputs[name] ?? { type: 'json' } },
    ]),
  );
}

/**
 * What Flyte binds for a node. A type has to be the same at both ends of a binding there, so an input has the type of what
 * it comes from; a list or a map with references inside is put together by the graph of the task, each reference being an
 * input of its own. Pure.
 */
export function planBindings(graph: WorkflowGraph, bound: Readonly<Record<string, Bound>>): PlannedBindings {
  const planning = new Planning(graph, Object.keys(bound));
  const bindings: Record<string, Binding> = {};
  for (const [name, { variable, binding }] of Object.entries(bound))
    bindings[name] = planning.bind(name, variable, binding);
  return { inputs: planning.inputs, bindings };
}

class Planning {
  readonly inputs: PlannedInput[] = [];
  readonly #graph: WorkflowGraph;
  readonly #taken: Set<string>;

  constructor(graph: WorkflowGraph, names: readonly string[]) {
    this.#graph = graph;
    this.#taken = new Set(names);
  }

  /** @param name of the input in Flyte, where the binding needs one of this name */
  bind(name: string, variable: Variable, binding: Binding): Binding {
    if ('literal' in binding) return this.#literal(name, variable, binding.literal);
    if ('input' in binding || 'node' in binding) return this.#reference(name, binding);
    const value = literalOf(binding);
    return value === undefined ? this.#parts(name, binding) : this.#literal(name, variable, value);
  }

  #literal(name: string, { type, description }: Variable, value: Json): Binding {
    const variable: Variable = { type, ...(description !== undefined && { description }) };
    this.inputs.push({
      name,
      variable,
      flyte: flyteVariable(variable),
      binding: { var: name, binding: { scalar: flyteLiteral(value, type).scalar ?? {} } },
    });
    return { input: name };
  }

  #reference(name: string, source: { input: string } | { node: string; output: string }): Binding {
    const variable = sourceOf(this.#graph, source);
    const promise =
      'input' in source ? { nodeId: '', var: source.input } : { nodeId: source.node, var: source.output };
    this.inputs.push({
      name,
      variable,
      flyte: flyteVariable(variable),
      binding: { var: name, binding: { promise } },
    });
    return { input: name };
  }

  #parts(name: string, binding: Binding): Binding {
    if ('list' in binding)
      return { list: binding.list.map((part, index) => this.#parts(`${name}_${index}`, part)) };
    if ('map' in binding)
      return {
        map: Object.fromEntries(
          Object.entries(binding.map).map(([key, part]) => [key, this.#parts(`${name}_${key}`, part)]),
        ),
      };
    return 'literal' in binding ? binding : this.#reference(this.#free(name), binding);
  }

  /** A name that Flyte takes, which no other input has. */
  #free(wanted: string): string {
    const base = wanted.replaceAll(/[^A-Za-z0-9_]/g, '_');
    let name = base;
    for (let count = 2; this.#taken.has(name); count++) name = `${base}_${count}`;
    this.#taken.add(name);
    return name;
  }
}

/** The value of a binding without references; undefined where it has some. */
function literalOf(binding: Binding): Json | undefined {
  if (hasReferences(binding)) return undefined;
  const nothing = { input: () => undefined, output: () => undefined };
  return resolveBindings({ value: binding }, nothing)['value'];
}

function hasReferences(binding: Binding): boolean {
  if ('list' in binding) return binding.list.some(hasReferences);
  if ('map' in binding) return Object.values(binding.map).some(hasReferences);
  return !('literal' in binding);
}

/** What a reference leads to: an input of the workflow, without its default, or an output of a node. */
function sourceOf(
  graph: WorkflowGraph,
  source: { input: string } | { node: string; output: string },
): Variable {
  if ('input' in source) return withoutDefault(graph.interface.inputs[source.input] ?? { type: 'json' });
  const node = graph.nodes.find(({ id }) => id === source.node);
  return graph.tasks[node?.task ?? '']?.interface.outputs[source.output] ?? { type: 'json' };
}

/** The workflow has the default: what comes from it has a value. */
export function withoutDefault(variable: Variable): Variable {
  if (variable.default === undefined) return variable;
  const { default: _default, required: _required, ...rest } = variable;
  return rest;
}

/** The type of a workflow's output in Flyte: that of what it comes from. */
export function outputType(graph: WorkflowGraph, binding: Binding, declared: Variable): LiteralType {
  if ('input' in binding || 'node' in binding) return flyteVariable(sourceOf(graph, binding)).type;
  return flyteType(declared.type);
}
