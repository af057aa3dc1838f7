import { dirname, isAbsolute } from 'node:path';
import {
  absolutePlaces,
  checkGraph,
  deepFreeze,
  graphHash,
  serializeGraph,
  type WorkflowGraph,
} from '../graph/index.ts';
import { packPlan } from '../platforms/router/index.ts';
import { createRun } from '../state/index.ts';
import { checkCanRun } from './check-can-run.ts';
import { readConcurrency } from './concurrency.ts';
import type { EngineContext, StartRunOptions } from './engine-options.ts';
import { newRunId } from './names.ts';
import { placeRun } from './place-run.ts';
import { isQueued, type QueuedRun } from './queued-run.ts';
import { resolveInputs } from './resolve-inputs.ts';
import { routesOf } from './routes.ts';
import { pricesOf } from './run-budget.ts';
import type { RunHandle } from './run-handle.ts';
import { type RunStart, startRun } from './start-run.ts';

/** Checks a new run, commits it, and starts it. */
export async function beginRun(context: EngineContext, options: StartRunOptions): Promise<RunHandle> {
  return startRun(await commitRun(context, options));
}

/** The same, unless there is room for nothing of it: then it waits, and is carried on later. */
export async function admitRun(
  context: EngineContext,
  options: StartRunOptions,
): Promise<RunHandle | QueuedRun> {
  const placed = placeRun(await commitRun(context, options));
  return isQueued(placed) ? placed : startRun(placed);
}

async function commitRun(context: EngineContext, options: StartRunOptions): Promise<RunStart> {
  const { functions = {} } = options;
  // A frozen graph comes from the SDK or the parser, which have checked it.
  if (!Object.isFrozen(options.graph)) checkGraph(options.graph);
  const file = options.file ?? ownFile(options.graph);
  const directory = options.directory ?? (file === undefined ? undefined : dirname(file));
  const graph = absolutePlaces(options.graph, directory);
  const inputs = resolveInputs(graph.name, graph.interface, options.inputs ?? {});
  const plan = options.plan ?? (await context.planner?.(graph, inputs));
  const routes = routesOf({ plan, graph, platforms: context.platforms });
  await checkCanRun({ graph, platforms: context.platforms, functions, routes });
  const prices = await pricesOf(plan, graph, context.caps);
  const concurrency = readConcurrency(options.concurrency, context.platforms);
  const failurePolicy = options.failurePolicy ?? graph.failurePolicy ?? 'FAIL_IMMEDIATELY';
  const now = context.clock();
  const id = options.id ?? newRunId(graph.name, now);
  const lease = await createRun(context.state, {
    id,
    workflow: graph.name,
    file,
    graphHash: graphHash(options.graph),
    graph: serializeGraph(options.graph),
    nodeCount: graph.nodes.length,
    inputs,
    options: {
      failurePolicy,
      ...(options.remote && { remote: true }),
      ...(options.version !== undefined && { version: options.version }),
    },
    door: options.door,
    key: options.key,
    plan: plan && packPlan(plan),
    time: now.getTime(),
  });
  return {
    context,
    id,
    lease,
    graph: deepFreeze(graph),
    inputs,
    functions,
    concurrency,
    failurePolicy,
    remote: options.remote ?? false,
    leavesWhenUnwritable: options.door === 'server',
    places: options.places,
    routes,
    prices,
    recorded: [],
    signal: options.signal,
  };
}

/** Of a graph that was just defined, where its workflow lies. */
function ownFile({ file }: WorkflowGraph): string | undefined {
  return file !== undefined && isAbsolute(file) ? file : undefined;
}
