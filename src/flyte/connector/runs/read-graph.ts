import type { Json, WorkflowGraph } from '../../../graph/index.ts';
import { parseRemoteGraph, type RunLimits } from '../../../home/keep-runs/index.ts';

/** Graphs that are remembered, and the longest of them, characters. */
const MOST = 100;
const LONGEST = 16 * 1024;

const known = new Map<string, WorkflowGraph>();

/**
 * Reads a graph that came with a task, as one from elsewhere. Executions of a workflow bring the same ones again and again:
 * these are read and checked once.
 *
 * @throws SluiceError `GraphInvalid`, `LimitExceeded`
 */
export async function readGraph(form: Json, limits: RunLimits): Promise<WorkflowGraph> {
  const text = JSON.stringify(form);
  if (text.length > LONGEST) return parseRemoteGraph(form, limits);
  const graph = known.get(text) ?? (await parseRemoteGraph(form, limits));
  known.delete(text);
  known.set(text, graph);
  const [oldest] = known.keys();
  if (known.size > MOST && oldest !== undefined) known.delete(oldest);
  return graph;
}
