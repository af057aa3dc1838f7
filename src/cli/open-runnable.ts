import type { Bundles } from '../bundles/index.ts';
import type { TaskFunction } from '../engine/index.ts';
import type { WorkflowGraph } from '../graph/index.ts';
import { compileWorkflow } from './compile-workflow.ts';
import { type LoadedFunctions, loadFunctions } from './load-functions.ts';
import { loadWorkflow } from './load-workflow.ts';
import { type GraphFile, isGraphPath, readGraphFile, takeBundlesBeside } from './read-graph-file.ts';

/** What the engine takes of a workflow. */
export interface Prepared {
  /** Portable. */
  readonly graph: WorkflowGraph;
  readonly functions: Readonly<Record<string, TaskFunction>>;
  /** Absolute path of the file that it comes from. */
  readonly file?: string | undefined;
  /** Where relative places start, where it comes from no file. */
  readonly directory?: string | undefined;
}

/** A workflow to run. */
export interface Runnable {
  /** To show, and to read inputs by. */
  readonly graph: WorkflowGraph;
  /** Keeps its code. */
  prepare(bundles: Bundles): Promise<Prepared>;
  /** To be called once nothing of it runs any more. */
  close(): Promise<void>;
}

/** Opens the workflow of a file, or a graph that was compiled before. @throws as {@link loadWorkflow}, `GraphInvalid` */
export async function openRunnable(path: string, name?: string): Promise<Runnable> {
  if (isGraphPath(path)) return openGraph(await readGraphFile(path));
  const workflow = await loadWorkflow(path, name);
  return {
    graph: workflow.graph,
    prepare: async (bundles) => ({
      ...(await compileWorkflow(workflow, path, bundles)),
      functions: workflow.functions,
    }),
    close: async () => undefined,
  };
}

/** A graph with its functions from their bundles. */
export function openGraph(from: GraphFile): Runnable {
  const { graph, file, directory } = from;
  let loaded: LoadedFunctions | undefined;
  return {
    graph,
    prepare: async (bundles) => {
      await takeBundlesBeside(from, bundles);
      loaded = await loadFunctions(graph, bundles, directory);
      return { graph, file, directory, functions: loaded.functions };
    },
    close: async () => loaded?.close(),
  };
}
