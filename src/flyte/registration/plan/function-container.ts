import { serializeGraph, type WorkflowGraph } from '../../../graph/index.ts';
import type { RegisteredTask } from './messages.ts';

/** Where the process of a function finds the graph of its one node. Flyte fills in templates of arguments alone. */
export const GRAPH_VARIABLE = 'SLUICE_FLYTE_GRAPH';

/** The container of a function: it reads inputs.pb, and writes outputs.pb or error.pb. */
export function functionContainer(
  graph: WorkflowGraph,
  image: string,
): Required<RegisteredTask>['container'] {
  return {
    image,
    args: ['sluice', 'flyte', 'execute', '--inputs', '{{.input}}', '--output-prefix', '{{.outputPrefix}}'],
    env: [{ key: GRAPH_VARIABLE, value: serializeGraph(graph) }],
  };
}
