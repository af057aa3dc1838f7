import { SluiceError } from '../core/errors.ts';
import { parseGraph, type WorkflowGraph } from '../graph/index.ts';
import { claimRun, currentProcess, getRun, getRunGraph, listNodes, type RunRecord } from '../state/index.ts';
import { checkCanRun } from './check-can-run.ts';
import { checkHandles } from './check-handles.ts';
import { readConcurrency } from './concurrency.ts';
import type { EngineContext, ResumeRunOptions } from './engine-options.ts';
import { graphDifference, graphHash } from './graph-hash.ts';
import type { RunHandle } from './run-handle.ts';
import { endedRun, startRun } from './start-run.ts';

/** Takes a run over and carries it on. */
export async function resumeRun(
  context: EngineContext,
  id: string,
  options: ResumeRunOptions,
): Promise<RunHandle> {
  const run = await getRun(context.state, id);
  const graph = await graphOf(context, run, options);
  const { functions = {} } = options;
  const carryOut = {
    context,
    id,
    graph,
    inputs: run.inputs,
    functions,
    concurrency: readConcurrency(options.concurrency, context.platforms),
    failurePolicy: run.options.failurePolicy,
    signal: options.signal,
  };
  if (run.phase === 'Succeeded') {
    return endedRun({ ...carryOut, recorded: await listNodes(context.state, id) }, run.outputs ?? {});
  }
  const recorded = await listNodes(context.state, id);
  const succeeded = recorded.filter(({ phase }) => phase === 'Succeeded');
  const done = new Set(succeeded.map(({ position }) => graph.nodes[position]?.id ?? ''));
  await checkCanRun({ graph, platforms: context.platforms, functions, done });
  checkHandles({ graph, recorded, platforms: context.platforms });
  await claimRun(context.state, { id, owner: currentProcess(), time: context.clock().getTime() });
  return startRun({ ...carryOut, recorded: await listNodes(context.state, id) });
}

async function graphOf(
  context: EngineContext,
  run: RunRecord,
  { graph, useRecordedGraph = false }: ResumeRunOptions,
): Promise<WorkflowGraph> {
  if (graph && graphHash(graph) === run.graphHash) return graph;
  const recorded = await parseGraph(await getRunGraph(context.state, run.id), { recorded: true });
  if (!graph || useRecordedGraph) return recorded;
  throw new SluiceError(
    'GraphChanged',
    `Run '${run.id}' cannot go on: the workflow '${run.workflow}' has changed since it began (${graphDifference(recorded, graph)}).`,
    { hint: 'Begin a new run, or carry this one on with the workflow as it was recorded: --recorded.' },
  );
}
