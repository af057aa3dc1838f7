import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import { mapRecord } from './map-record.ts';
import type { Bundle, Task, WorkflowGraph } from './types.ts';

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
  if (rest.type === 'function') {
    const { code } = rest;
    return code ? { ...rest, code: { ...code, bundle: digestOnly(code.bundle) } } : rest;
  }
  const { script } = rest;
  if (!script || !('bundle' in script)) return rest;
  return { ...rest, script: { ...script, bundle: digestOnly(script.bundle) } };
}

function digestOnly({ digest }: Bundle): Bundle {
  return { digest };
}
