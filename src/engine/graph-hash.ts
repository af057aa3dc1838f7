import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { WorkflowGraph } from '../graph/index.ts';

/** A fingerprint of what a graph does: places in files do not count, so that a comment changes nothing. */
export function graphHash(graph: WorkflowGraph): string {
  const { file: _file, description: _description, ...rest } = graph;
  const tasks = Object.entries(graph.tasks)
    .map(([name, { file: _place, ...task }]) => [name, task] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify({ ...rest, tasks }))
    .digest('hex');
}

/** What differs between two graphs, for people; at most a few names. */
export function graphDifference(before: WorkflowGraph, after: WorkflowGraph): string {
  const nodes = changes(
    new Map(before.nodes.map((node) => [node.id, node])),
    new Map(after.nodes.map((node) => [node.id, node])),
  );
  const tasks = changes(tasksOf(before), tasksOf(after));
  const parts = [...describe('node', nodes), ...describe('task', tasks)];
  return parts.length > 0 ? parts.join('; ') : 'inputs, outputs or the failure policy';
}

interface Changes {
  readonly added: string[];
  readonly removed: string[];
  readonly changed: string[];
}

function tasksOf(graph: WorkflowGraph): Map<string, unknown> {
  return new Map(Object.entries(graph.tasks).map(([name, { file: _file, ...task }]) => [name, task]));
}

function changes(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): Changes {
  const same = (name: string): boolean =>
    isDeepStrictEqual(asRecorded(before.get(name)), asRecorded(after.get(name)));
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...after.keys()].filter((name) => before.has(name) && !same(name)),
  };
}

/** Without members that are undefined: JSON keeps none. The order of members does not count: reading changes it. */
function asRecorded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function describe(word: string, found: Changes): string[] {
  return (['added', 'removed', 'changed'] as const).flatMap((kind) => {
    const names = found[kind];
    if (names.length === 0) return [];
    const list =
      names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
    return [`${word}${names.length > 1 ? 's' : ''} ${kind}: ${list}`];
  });
}
