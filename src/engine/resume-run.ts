import { dirname } from 'node:path';
import { absolutePlaces, graphHash, serializeGraph, type WorkflowGraph } from '../graph/index.ts';
import { unpackPlan } from '../platforms/router/index.ts';
import {
  claimRun,
  getRun,
  getRunPlan,
  type Lease,
  lastEventId,
  listEvents,
  listNodes,
  type RunRecord,
  replaceRunGraph,
} from '../state/index.ts';
import { checkCanRun } from './check-can-run.ts';
import { checkHandles } from './check-handles.ts';
import { readConcurrency } from './concurrency.ts';
import type { EngineContext, ResumeRunOptions } from './engine-options.ts';
import { graphToResume } from './graph-to-resume.ts';
import { placeRun } from './place-run.ts';
import { isQueued, type QueuedRun } from './queued-run.ts';
import { routesOf } from './routes.ts';
import { pricesOf } from './run-budget.ts';
import type { RunHandle } from './run-handle.ts';
import { endedRun, type RunStart, startRun } from './start-run.ts';

/** Takes a run over and carries it on. */
export async function resumeRun(
  context: EngineContext,
  id: string,
  options: ResumeRunOptions,
): Promise<RunHandle> {
  return carryOn(await takeRun(context, id, options));
}

/** The same, unless nothing of it was begun and there is no room: then it waits. */
export async function takeUpRun(
  context: EngineContext,
  id: string,
  options: ResumeRunOptions,
): Promise<RunHandle | QueuedRun> {
  const taken = await takeRun(context, id, options);
  if (taken.ended) return taken.ended;
  const start = placeRun(taken.start);
  return isQueued(start) ? start : carryOn({ ...taken, start });
}

/** Starts a run that has waited in this process, and got a place. */
export async function startQueuedRun(
  context: EngineContext,
  { id, lease }: QueuedRun,
  reserved: string | undefined,
  options: ResumeRunOptions,
): Promise<RunHandle> {
  const { start, ended } = await takeRun(context, id, options, lease);
  return ended ?? startRun({ ...start, reserved });
}

/** A run that is this process's: to be started, or ended before. */
type TakenRun =
  | { readonly start: RunStart; readonly ended?: undefined; readonly notes: readonly string[] }
  | { readonly start?: undefined; readonly ended: RunHandle };

function carryOn(taken: TakenRun): RunHandle {
  return taken.ended ?? { ...startRun(taken.start), resumed: true, notes: taken.notes };
}

/** @param held by what this process holds it already */
async function takeRun(
  context: EngineContext,
  id: string,
  options: ResumeRunOptions,
  held?: Lease,
): Promise<TakenRun> {
  const seen = await lastEventId(context.state);
  const run = await getRun(context.state, id);
  const recorded = await listNodes(context.state, id);
  const file = options.file ?? run.file;
  const base = file === undefined ? undefined : dirname(file);
  const { graph: portable, notes } = await graphToResume(context, run, { ...options, recorded, base });
  const graph = absolutePlaces(portable, base);
  const { functions = {} } = options;
  const kept = await getRunPlan(context.state, id);
  const plan = kept === undefined ? undefined : unpackPlan(kept);
  const routes = routesOf({ plan, graph, platforms: context.platforms });
  const carryOut = {
    context,
    id,
    graph,
    inputs: run.inputs,
    functions,
    concurrency: readConcurrency(options.concurrency, context.platforms),
    failurePolicy: run.options.failurePolicy,
    remote: run.options.remote ?? false,
    leavesWhenUnwritable: options.door === 'server',
    places: options.places,
    routes,
    prices: await pricesOf(plan, graph, context.caps),
    signal: options.signal,
  };
  if (run.phase === 'Succeeded') return { ended: endedRun({ ...carryOut, recorded }, run.outputs ?? {}) };
  const done = new Set<number>();
  for (const { phase, position } of recorded) if (phase === 'Succeeded') done.add(position);
  await checkCanRun({ graph, platforms: context.platforms, functions, done, routes });
  checkHandles({ graph, recorded, platforms: context.platforms });
  const { door, left } = options;
  const time = context.clock().getTime();
  const lease = held ?? (await claimRun(context.state, { id, door, left, time }));
  await keepGraph(context, run, lease, portable, options);
  const isRead = held !== undefined || (await isAsSeen(context, id, seen));
  return {
    start: { ...carryOut, lease, recorded: isRead ? recorded : await listNodes(context.state, id) },
    notes,
  };
}

/** Whether nothing has happened to the run but that it was claimed: a large one takes long to read. */
async function isAsSeen({ state }: EngineContext, id: string, seen: number): Promise<boolean> {
  return (await listEvents(state, { subject: id, after: seen, limit: 2 })).length === 1;
}

/** Whoever carries the run on after this process takes the code that this one took. */
async function keepGraph(
  { state }: EngineContext,
  run: RunRecord,
  lease: Lease,
  graph: WorkflowGraph,
  { graph: given, file }: ResumeRunOptions,
): Promise<void> {
  if (graph !== given) return;
  const hash = graphHash(graph);
  if (hash === run.graphHash && (file === undefined || file === run.file)) return;
  await replaceRunGraph(state, {
    id: run.id,
    lease,
    graphHash: hash,
    graph: serializeGraph(graph),
    file: file ?? run.file,
  });
}
