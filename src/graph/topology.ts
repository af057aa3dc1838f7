import { dependenciesOf } from './bindings.ts';
import type { GraphNode } from './types.ts';

/** How the nodes of a graph hang together, by their position in `graph.nodes`. */
export interface Topology {
  /** Position of each node id. */
  readonly positions: ReadonlyMap<string, number>;
  /** For each node, the positions of the nodes that it waits for. */
  readonly dependencies: readonly (readonly number[])[];
  /** For each node, the positions of the nodes that wait for it. */
  readonly dependents: readonly (readonly number[])[];
}

const NONE: readonly number[] = [];

/** Reads the topology, in time linear to nodes and bindings. References to unknown nodes are left out. */
export function readTopology(nodes: readonly GraphNode[]): Topology {
  const positions = new Map(nodes.map((node, position) => [node.id, position]));
  const dependents: number[][] = nodes.map(() => []);
  const dependencies = nodes.map((node, position) => {
    const ids = dependenciesOf(node);
    if (ids.size === 0) return NONE;
    const mine: number[] = [];
    for (const id of ids) {
      const dependency = positions.get(id);
      if (dependency === undefined) continue;
      mine.push(dependency);
      dependents[dependency]?.push(position);
    }
    return mine;
  });
  return { positions, dependencies, dependents };
}

/** The positions in an order in which each node comes after all that it waits for; nodes of cycles are left out. */
export function topologicalOrder({ dependencies, dependents }: Topology): number[] {
  const waiting = dependencies.map((list) => list.length);
  const order = waiting.flatMap((count, position) => (count === 0 ? [position] : []));
  for (let next = 0; next < order.length; next++) {
    for (const dependent of dependents[order[next] as number] ?? []) {
      waiting[dependent] = (waiting[dependent] as number) - 1;
      if (waiting[dependent] === 0) order.push(dependent);
    }
  }
  return order;
}

/** One cycle as positions, the first repeated at the end; undefined when there is none. */
export function findCycle(topology: Topology): number[] | undefined {
  const order = new Set(topologicalOrder(topology));
  const start = topology.dependencies.findIndex((_, position) => !order.has(position));
  if (start === -1) return undefined;
  // Every node left out waits for another one left out: following these must come back.
  const path: number[] = [];
  const seen = new Map<number, number>();
  for (let at = start; ; ) {
    const first = seen.get(at);
    if (first !== undefined) return [...path.slice(first), at].reverse();
    seen.set(at, path.length);
    path.push(at);
    at = (topology.dependencies[at] ?? []).find((dependency) => !order.has(dependency)) as number;
  }
}
