import { SluiceError } from '../core/errors.ts';
import { areNodes } from './are-nodes.ts';
import { checkGraph } from './check-graph.ts';
import { deepFreeze } from './freeze.ts';
import { GRAPH_VERSION, type WorkflowGraph } from './types.ts';

/** How many problems of the form are told. */
const MAX_SHOWN = 10;

/** The longest text that is read, characters: a million nodes have room. */
const MAX_TEXT_LENGTH = 256 * 1024 * 1024;

/** How deep values may be nested: reading them must not exhaust the stack. */
const MAX_DEPTH = 100;

/** How a graph is read. */
export interface ParseGraphOptions {
  /**
   * It comes from a run that has begun: its rules were checked then. They may have become stricter since, and a run must
   * still go on. Version 1 is read, too. @default false
   */
  readonly recorded?: boolean;
  /** The longest text that is read, characters. @default 256 Mi */
  readonly maxLength?: number;
}

/**
 * Reads a graph from JSON text, checks its form and its rules, and freezes it. One of version 1 comes as it was made: with
 * code and data at their places on this machine.
 *
 * @throws SluiceError `GraphInvalid` with every problem and where it lies.
 */
export async function parseGraph(
  text: string,
  { recorded = false, maxLength = MAX_TEXT_LENGTH }: ParseGraphOptions = {},
): Promise<WorkflowGraph> {
  if (text.length > maxLength) {
    throw new SluiceError(
      'GraphInvalid',
      `The graph is too long: ${text.length} characters, at most ${maxLength} are read.`,
    );
  }
  const value = parseJson(text);
  const version = (value as { version?: unknown } | null)?.version;
  if (version !== GRAPH_VERSION && !(recorded && version === 1)) throw versionError(version);
  expectShallow(value);
  // Zod is loaded only for graphs that come from outside.
  const { graphSchema, graphSchemaV1 } = await import('./schema.ts');
  const { nodes } = value as { nodes?: unknown };
  const known = areNodes(nodes) ? { nodes } : undefined;
  const rest = known ? { ...(value as object), nodes: [] } : value;
  const result = (version === 1 ? graphSchemaV1 : graphSchema).safeParse(rest);
  if (!result.success) throw formError(result.error.issues);
  const graph = { ...result.data, ...known, version: GRAPH_VERSION } as WorkflowGraph;
  if (!recorded) checkGraph(graph);
  return deepFreeze(graph);
}

/** The graph as JSON text, to be read by {@link parseGraph}. */
export function serializeGraph(graph: WorkflowGraph): string {
  return JSON.stringify(graph);
}

function parseJson(text: string): unknown {
  try {
    // Editors of Windows write a byte-order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new SluiceError('GraphInvalid', `The graph is no JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function versionError(version: unknown): SluiceError {
  const hint =
    typeof version === 'number' && version > GRAPH_VERSION
      ? 'A newer Sluice has written it: install that version here, or compile the workflow with this one.'
      : version === 1
        ? 'Version 1 means something only on the machine that wrote it: compile the workflow again, with sluice compile.'
        : 'Is it a graph? sluice compile FILE writes one.';
  const message = `version: expected ${GRAPH_VERSION}, got ${(JSON.stringify(version) ?? 'nothing').slice(0, 100)}.`;
  return new SluiceError('GraphInvalid', message, { hint });
}

/** Without recursion: that is what it guards. */
function expectShallow(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH)
      throw new SluiceError('GraphInvalid', `The graph is nested deeper than ${MAX_DEPTH} levels.`);
    const next: unknown[] = [];
    for (const each of level) {
      if (typeof each !== 'object' || each === null) continue;
      for (const part of Object.values(each)) if (typeof part === 'object' && part !== null) next.push(part);
    }
    level = next;
  }
}

function formError(issues: readonly { path: PropertyKey[]; message: string }[]): SluiceError {
  const lines = issues
    .slice(0, MAX_SHOWN)
    .map(({ path, message }) => `  ${path.map(String).join('.') || '(root)'}: ${message}`);
  const more = issues.length > MAX_SHOWN ? [`  and ${issues.length - MAX_SHOWN} more`] : [];
  return new SluiceError('GraphInvalid', ['The graph has not the right form:', ...lines, ...more].join('\n'));
}
