import type { JobTask, Json, WorkflowGraph } from '../../../graph/index.ts';
import type { Wanted } from '../allowances.ts';

/** Places wherever they are named: in inputs and hyperparameters, arguments and variables. */
const PLACES = /s3[an]?:\/\/[^\s"',;]+/gi;

/**
 * What a graph and the values of its inputs name of what is not everybody's.
 *
 * @param own the places of the run itself, a prefix without trailing slash
 */
export function wantedBy(graph: WorkflowGraph, inputs: Readonly<Record<string, Json>>, own: string): Wanted {
  const jobs = Object.values(graph.tasks).filter((task) => task.type !== 'function');
  return {
    roles: jobs.flatMap(({ role }) => role ?? []),
    places: JSON.stringify([graph, inputs]).match(PLACES) ?? [],
    outputs: jobs.flatMap(outputsOf).filter((place) => !place.startsWith(`${own}/`)),
  };
}

function outputsOf(task: JobTask): string[] {
  if (task.type === 'processing') return Object.values(task.outputs).flatMap(({ s3Uri }) => s3Uri ?? []);
  if (task.type === 'endpoint') return [];
  const checkpoint = task.type === 'training' ? task.checkpoint?.s3Uri : undefined;
  return [task.s3OutputPath, checkpoint].filter((place) => place !== undefined);
}
