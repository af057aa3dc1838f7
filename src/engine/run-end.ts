import { type Json, resolveBindings, type Scope, type Topology, type WorkflowGraph } from '../graph/index.ts';
import type { RunEnd, RunFailure } from '../state/index.ts';
import type { NodeState } from './node-state.ts';

/** A run none of whose nodes goes on. */
export interface EndedRun {
  readonly id: string;
  readonly graph: WorkflowGraph;
  readonly nodes: readonly NodeState[];
  readonly scope: Scope;
  /** The first failure that was not tried again. */
  readonly failure: RunFailure | undefined;
}

/** How a run ends. Pure. */
export function runEnd({ id, graph, nodes, scope, failure }: EndedRun): RunEnd {
  if (nodes.every(({ phase }) => phase === 'Succeeded'))
    return { phase: 'Succeeded', outputs: resolveBindings(graph.outputs, scope) };
  if (failure) return { phase: 'Failed', error: failure };
  return {
    phase: 'Aborted',
    error: {
      code: 'RunStopped',
      message: 'The run was cancelled.',
      hint: `Carry it on with: sluice runs resume ${id}`,
      fault: 'user',
    },
  };
}

/** What a run's bindings may name: its inputs, and the outputs that its nodes have by then. */
export function scopeOf(
  inputs: Readonly<Record<string, Json>>,
  nodes: readonly NodeState[],
  { positions }: Topology,
): Scope {
  return {
    input: (name) => inputs[name],
    output: (node, output) => nodes[positions.get(node) ?? -1]?.outputs?.[output],
  };
}
