import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { type BundleSink, compileGraph, findProject } from '../bundles/index.ts';
import type { WorkflowGraph } from '../graph/index.ts';
import type { Workflow } from '../sdk/index.ts';
import { workflowCode } from './workflow-code.ts';

/** A workflow as it may be carried out elsewhere. */
export interface CompiledWorkflow {
  readonly graph: WorkflowGraph;
  /** Absolute path of its file, without links. */
  readonly file: string;
}

/**
 * Makes the graph of a workflow that was loaded portable.
 *
 * @param path of the file that exports it
 */
export async function compileWorkflow(
  { graph, functions }: Workflow,
  path: string,
  bundles: BundleSink,
): Promise<CompiledWorkflow> {
  const file = realpathSync(resolve(path));
  const hasFunctions = Object.values(graph.tasks).some(({ type }) => type === 'function');
  return {
    file,
    graph: await compileGraph({
      graph,
      place: await findProject(file),
      bundles,
      functions: hasFunctions ? { ...workflowCode(file), functions } : undefined,
    }),
  };
}
