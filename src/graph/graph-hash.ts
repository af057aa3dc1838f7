import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import { mapBundle } from './map-bundles.ts';
import { mapRecord } from './map-record.ts';
import type { Task, WorkflowGraph } from './types.ts';

/**
 * A fingerprint of what a graph does, 64 hexadecimal digits: SHA-256 of its canonical JSON without descriptions, places
 * in files and places of bundles. The same in every checkout of the same code, in whatever order its members stand.
 */
export function graphHash(graph: WorkflowGraph): string {
  const { file: _file, description: _description, ...rest } = graph;
  const tasks = mapRecord(graph.tasks, identityOf);
  return createHash('sha256')
    .update(canonicalJson({ ...rest, tasks }))
    .digest('hex');
}

/** A task without what says only where it lies. */
export function identityOf(task: Task): Task {
  const { file: _file, ...rest } = task;
  return mapBundle(rest, ({ digest }) => ({ digest }));
}
