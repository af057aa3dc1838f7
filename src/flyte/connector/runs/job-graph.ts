import { GRAPH_VERSION, type Json } from '../../../graph/index.ts';
import type { PlannedJob } from './job-task.ts';

/** The node of a graph that is one job. */
export const JOB_NODE = 'job';

/** A graph of one node, as JSON that is still to be checked: a task of Flyte's is a run of it. */
export function jobGraph({ task, inputs }: PlannedJob): Json {
  const name = task['name'] as string;
  const { outputs = {} } = (task['interface'] ?? {}) as { readonly outputs?: Readonly<Record<string, Json>> };
  const bind = (names: readonly string[], binding: (each: string) => Json): Json =>
    Object.fromEntries(names.map((each) => [each, binding(each)]));
  return {
    version: GRAPH_VERSION,
    name,
    interface: task['interface'] ?? null,
    outputs: bind(Object.keys(outputs), (output) => ({ node: JOB_NODE, output })),
    tasks: { [name]: task },
    nodes: [{ id: JOB_NODE, task: name, inputs: bind(Object.keys(inputs), (input) => ({ input })) }],
  };
}
