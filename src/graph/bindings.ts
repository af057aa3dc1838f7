import type { Binding, GraphNode, Json } from './types.ts';

/** An output of a node that a binding needs. */
export interface NodeReference {
  readonly node: string;
  readonly output: string;
}

/** Every output of a node that a binding needs, however deep. */
export function* nodeReferences(binding: Binding): Generator<NodeReference> {
  if ('node' in binding) yield binding;
  else if ('list' in binding) for (const part of binding.list) yield* nodeReferences(part);
  else if ('map' in binding) for (const part of Object.values(binding.map)) yield* nodeReferences(part);
}

/** The ids of the nodes that must succeed before this one, each once. */
export function dependenciesOf(node: GraphNode): Set<string> {
  const ids = new Set(node.after);
  for (const binding of Object.values(node.inputs)) {
    // Generators are for the rare deep ones: graphs may have many nodes.
    if ('node' in binding) ids.add(binding.node);
    else if (!('literal' in binding || 'input' in binding)) {
      for (const reference of nodeReferences(binding)) ids.add(reference.node);
    }
  }
  return ids;
}

/** Where the values of references are found. */
export interface Scope {
  input(name: string): Json | undefined;
  output(node: string, output: string): Json | undefined;
}

/** The value of a binding; what a reference has no value for is left out of maps and null in lists. */
export function resolveBinding(binding: Binding, scope: Scope): Json | undefined {
  if ('literal' in binding) return binding.literal;
  if ('input' in binding) return scope.input(binding.input);
  if ('node' in binding) return scope.output(binding.node, binding.output);
  if ('list' in binding) return binding.list.map((part) => resolveBinding(part, scope) ?? null);
  return resolveBindings(binding.map, scope);
}

/** The values of named bindings; those without a value are left out. */
export function resolveBindings(
  bindings: Readonly<Record<string, Binding>>,
  scope: Scope,
): Record<string, Json> {
  const values: Record<string, Json> = {};
  for (const name in bindings) {
    const value = resolveBinding(bindings[name] as Binding, scope);
    if (value !== undefined) values[name] = value;
  }
  return values;
}
