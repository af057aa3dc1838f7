import { mapRecord } from './map-record.ts';
import type { Binding, GraphNode, Task, Variable, WorkflowGraph } from './types.ts';

/**
 * The graph with every place of data that it names itself changed: defaults and literals of `uri` inputs, and where
 * outputs and checkpoints go. What does not change stays the same object. Pure.
 */
export function mapPlaces(graph: WorkflowGraph, change: (uri: string) => string): WorkflowGraph {
  const { interface: own, tasks, nodes } = graph;
  return {
    ...graph,
    interface: { ...own, inputs: mapRecord(own.inputs, (variable) => mapDefault(variable, change)) },
    tasks: mapRecord(tasks, (task) => mapTask(task, change)),
    nodes: nodes.map((node) => mapNode(node, tasks, change)),
  };
}

function mapDefault(variable: Variable, change: (uri: string) => string): Variable {
  const { type, default: value } = variable;
  if (type !== 'uri' || typeof value !== 'string') return variable;
  return { ...variable, default: change(value) };
}

function mapTask(task: Task, change: (uri: string) => string): Task {
  const inputs = mapRecord(task.interface.inputs, (variable) => mapDefault(variable, change));
  const mapped = { ...task, interface: { ...task.interface, inputs } };
  if (mapped.type === 'processing') {
    return {
      ...mapped,
      outputs: mapRecord(mapped.outputs, (output) =>
        output.s3Uri === undefined ? output : { ...output, s3Uri: change(output.s3Uri) },
      ),
    };
  }
  if (mapped.type === 'function' || mapped.type === 'endpoint') return mapped;
  const { s3OutputPath } = mapped;
  const moved = s3OutputPath === undefined ? mapped : { ...mapped, s3OutputPath: change(s3OutputPath) };
  if (moved.type !== 'training' || moved.checkpoint?.s3Uri === undefined) return moved;
  return { ...moved, checkpoint: { ...moved.checkpoint, s3Uri: change(moved.checkpoint.s3Uri) } };
}

function mapNode(node: GraphNode, tasks: WorkflowGraph['tasks'], change: (uri: string) => string): GraphNode {
  const variables = Object.hasOwn(tasks, node.task) ? tasks[node.task]?.interface.inputs : undefined;
  let inputs: Record<string, Binding> | undefined;
  for (const name in node.inputs) {
    const binding = node.inputs[name] as Binding;
    if (!('literal' in binding) || typeof binding.literal !== 'string') continue;
    if (variables?.[name]?.type !== 'uri') continue;
    const literal = change(binding.literal);
    if (literal !== binding.literal) inputs = { ...(inputs ?? node.inputs), [name]: { literal } };
  }
  return inputs ? { ...node, inputs } : node;
}
