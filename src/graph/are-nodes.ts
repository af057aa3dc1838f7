import type { Binding, GraphNode, Json } from './types.ts';

/** More nodes are no workflow. */
export const MAX_NODES = 1_000_000;

/**
 * Whether a value of JSON is a list of nodes, as the schema has them. Nodes are nearly all of a large graph, and the
 * schema takes twenty times as long; what this finds no nodes, the schema says why.
 */
export function areNodes(value: unknown): value is readonly GraphNode[] {
  return Array.isArray(value) && value.length <= MAX_NODES && value.every(isNode);
}

function isNode(value: unknown): boolean {
  if (!isRecord(value)) return false;
  let known = 0;
  for (const key in value) {
    const part = value[key];
    if (key === 'id' || key === 'task' ? typeof part !== 'string' : !isOther(key, part)) return false;
    if (key !== 'after') known++;
  }
  return known === 3;
}

function isOther(key: string, part: unknown): boolean {
  if (key === 'inputs') return isRecordOf(part, isBinding);
  return key === 'after' && Array.isArray(part) && part.every((id) => typeof id === 'string');
}

function isBinding(value: unknown): value is Binding {
  if (!isRecord(value)) return false;
  let keys = 0;
  let only = '';
  for (const key in value) {
    keys++;
    only = key;
  }
  if (keys === 2) return typeof value['node'] === 'string' && typeof value['output'] === 'string';
  const part = keys === 1 ? value[only] : undefined;
  switch (only) {
    case 'literal':
      return isJson(part);
    case 'input':
      return typeof part === 'string';
    case 'list':
      return Array.isArray(part) && part.every(isBinding);
    case 'map':
      return isRecordOf(part, isBinding);
    default:
      return false;
  }
}

function isJson(value: unknown): value is Json {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return value !== undefined;
  return Array.isArray(value) ? value.every(isJson) : isRecordOf(value, isJson);
}

/** A record whose values are all of that form. `__proto__` is left to the schema. */
function isRecordOf(value: unknown, is: (part: unknown) => boolean): boolean {
  if (!isRecord(value)) return false;
  for (const name in value) if (name === '__proto__' || !is(value[name])) return false;
  return true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
