import { SluiceError } from '../core/errors.ts';
import { checkGraph } from './check-graph.ts';
import { deepFreeze } from './freeze.ts';
import { GRAPH_VERSION, type WorkflowGraph } from './types.ts';

/** How many problems of the form are told. */
const MAX_SHOWN = 10;

/** How a graph is read. */
export interface ParseGraphOptions {
  /**
   * It comes from a run that has begun: its rules were checked then. They may have become stricter since, and a run must
   * still go on. @default false
   */
  readonly recorded?: boolean;
}

/**
 * Reads a graph from JSON text, checks its form and its rules, and freezes it.
 *
 * @throws SluiceError `GraphInvalid` with every problem and where it lies.
 */
export async function parseGraph(
  text: string,
  { recorded = false }: ParseGraphOptions = {},
): Promise<WorkflowGraph> {
  const value = parseJson(text);
  const version = (value as { version?: unknown } | null)?.version;
  if (version !== GRAPH_VERSION) {
    throw new SluiceError(
      'GraphInvalid',
      `version: expected ${GRAPH_VERSION}, got ${JSON.stringify(version)}.`,
      {
        hint: 'Write the graph with the version of Sluice that reads it.',
      },
    );
  }
  // Zod is loaded only for graphs that come from outside.
  const { graphSchema } = await import('./schema.ts');
  const result = graphSchema.safeParse(value);
  if (!result.success) throw formError(result.error.issues);
  const graph = result.data as WorkflowGraph;
  if (!recorded) checkGraph(graph);
  return deepFreeze(graph);
}

/** The graph as JSON text, to be read by {@link parseGraph}. */
export function serializeGraph(graph: WorkflowGraph): string {
  return JSON.stringify(graph);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SluiceError('GraphInvalid', `The graph is no JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function formError(issues: readonly { path: PropertyKey[]; message: string }[]): SluiceError {
  const lines = issues
    .slice(0, MAX_SHOWN)
    .map(({ path, message }) => `  ${path.map(String).join('.') || '(root)'}: ${message}`);
  const more = issues.length > MAX_SHOWN ? [`  and ${issues.length - MAX_SHOWN} more`] : [];
  return new SluiceError('GraphInvalid', ['The graph has not the right form:', ...lines, ...more].join('\n'));
}
