import { mapRecord } from './map-record.ts';
import type { Bundle, Task, WorkflowGraph } from './types.ts';

/** The graph with each of its bundles changed. Pure. */
export function mapBundles(graph: WorkflowGraph, change: (bundle: Bundle) => Bundle): WorkflowGraph {
  return { ...graph, tasks: mapRecord(graph.tasks, (task) => mapBundle(task, change)) };
}

/** The task with its bundle changed; as it is where it has none. */
export function mapBundle(task: Task, change: (bundle: Bundle) => Bundle): Task {
  if (task.type === 'function') {
    const { code } = task;
    return code ? { ...task, code: { ...code, bundle: change(code.bundle) } } : task;
  }
  const { script } = task;
  if (!script || !('bundle' in script)) return task;
  return { ...task, script: { ...script, bundle: change(script.bundle) } };
}
