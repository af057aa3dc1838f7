import type { Bundle, Task, WorkflowGraph } from './types.ts';

/** The bundles of a graph by their digests, each once. */
export function bundlesOf({ tasks }: Pick<WorkflowGraph, 'tasks'>): Map<string, Bundle> {
  const bundles = Object.values(tasks).flatMap((task) => bundleOf(task) ?? []);
  return new Map(bundles.map((bundle) => [bundle.digest, bundle]));
}

/** Absent where it has no code, or has it elsewhere. */
function bundleOf(task: Task): Bundle | undefined {
  if (task.type === 'function') return task.code?.bundle;
  return task.script && 'bundle' in task.script ? task.script.bundle : undefined;
}
