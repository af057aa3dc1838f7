import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { WorkflowGraph } from '../graph/index.ts';
import type { RunRecord } from '../state/index.ts';
import { loadWorkflow } from './load-workflow.ts';
import { openGraph, openRunnable, type Runnable } from './open-runnable.ts';

/** What a run is carried on with. */
export interface RecordedOptions {
  readonly run: RunRecord;
  /** As it was recorded. */
  readonly graph: WorkflowGraph;
  /** The file of the workflow, where it has moved. */
  readonly file: string | undefined;
  /** Take it as it was recorded. */
  readonly recorded: boolean;
}

/**
 * Opens the workflow of a run: as its file has it now, else, or where it was asked for, as it was recorded. Functions that
 * were recorded without their code are in the file alone.
 *
 * @throws as {@link openRunnable}
 */
export async function openRecorded({ run, graph, file, recorded }: RecordedOptions): Promise<Runnable> {
  const path = file ?? run.file;
  const asRecorded = { graph, ...(path !== undefined && { file: path }), directory: dirname(path ?? './-') };
  const isWhole = Object.values(graph.tasks).every((task) => task.type !== 'function' || task.code);
  const isGone = file === undefined && (path === undefined || !existsSync(path));
  if (isWhole && (recorded || isGone)) return openGraph(asRecorded);
  if (path === undefined) return openGraph(asRecorded);
  if (!recorded) return openRunnable(path, run.workflow);
  const { functions } = await loadWorkflow(path, run.workflow);
  return {
    graph,
    prepare: async () => ({ graph, file: path, functions }),
    close: async () => undefined,
  };
}
