import { SluiceError } from '../../../core/errors.ts';
import type { Json, WorkflowGraph } from '../../../graph/index.ts';
import {
  checkBundles,
  checkRemoteGraph,
  checkRemoteInputs,
  parseRemoteGraph,
} from '../../../home/keep-runs/index.ts';
import { findRunByKey, getRun, getRunGraph, listNodes } from '../../../state/index.ts';
import type { AsyncTaskType, ConnectorContext, FlyteTask, TaskState } from '../task-type.ts';
import { nameOutputs, type OutputNames, pickOutputs } from './declared-outputs.ts';
import { keepInlineBundles } from './inline-bundles.ts';
import { linksOf } from './run-links.ts';
import { readRunLog } from './run-log.ts';
import { runIdOf, runKeyOf } from './run-names.ts';
import { failedState, type NodeView, phaseUnderWay, progressInfo } from './run-state.ts';

/** What a task is run as. */
export interface PlannedRun {
  /** As it came: it is checked as one from elsewhere. */
  readonly graph: Json;
  readonly inputs: Readonly<Record<string, Json>>;
}

/** What Flyte keeps of a run. */
interface RunReference {
  readonly run: string;
  readonly outputs: OutputNames;
}

/** A task type whose tasks are runs of graphs. @param plan says what a task is run as; pure */
export function runTaskType(plan: (task: FlyteTask) => PlannedRun): AsyncTaskType {
  return {
    async create(task, context) {
      const { graph: form, inputs } = plan(task);
      const graph = await parseRemoteGraph(form, context.limits);
      const outputs = nameOutputs(task, Object.keys(graph.interface.outputs));
      const run = await beginRun(task, graph, inputs, context);
      return { run, outputs } satisfies RunReference;
    },
    get: (handle, context) => readState(handle as unknown as RunReference, context),
    async delete(handle, { keeper, clock }) {
      const { run } = handle as unknown as RunReference;
      await keeper.cancel(run, clock()).catch(unlessNotFound);
    },
    logs: (handle, context, cursor) =>
      readRunLog(context.home, (handle as unknown as RunReference).run, cursor),
    async metrics(handle, { home }) {
      const nodes = await listNodes(home.state, (handle as unknown as RunReference).run);
      return Object.assign({}, ...nodes.map(({ detail }) => detail?.metrics ?? {}));
    },
  };
}

function unlessNotFound(error: unknown): void {
  if (!(error instanceof SluiceError) || error.code !== 'RunNotFound') throw error;
}

async function beginRun(
  task: FlyteTask,
  graph: WorkflowGraph,
  inputs: Readonly<Record<string, Json>>,
  { home, keeper, limits }: ConnectorContext,
): Promise<string> {
  const key = task.attempt && runKeyOf(task.attempt, task);
  const known = key && (await findRunByKey(home.state, key));
  if (known !== undefined) return known;
  checkRemoteInputs(inputs, limits);
  checkRemoteGraph(graph, limits, home.sandboxed);
  await keepInlineBundles(task, home, limits);
  await checkBundles(home, graph, limits);
  try {
    return await keeper.begin({ graph, inputs, key, ...(task.attempt && { id: runIdOf(task.attempt) }) });
  } catch (error) {
    // Another replica was quicker.
    const taken = key && error instanceof SluiceError && error.code === 'RunKeyTaken';
    const same = taken ? await findRunByKey(home.state, key) : undefined;
    if (same === undefined) throw error;
    return same;
  }
}

async function readState({ run, outputs }: RunReference, context: ConnectorContext): Promise<TaskState> {
  const { keeper, home } = context;
  const handle = keeper.find(run);
  if (handle) {
    const nodes = handle.nodes().map((node) => ({ ...node, moved: node.detail?.moved }));
    return underWay(run, nodes, context);
  }
  const record = await getRun(home.state, run);
  const nodes = await readNodes(run, record.nodeCount, context);
  if (record.phase === 'Running') return underWay(run, nodes, context);
  const links = linksOf(run, nodes, context);
  const info = progressInfo(run, nodes);
  if (record.phase !== 'Succeeded') return { ...failedState(record), links, info };
  return { phase: 'SUCCEEDED', outputs: pickOutputs(outputs, record.outputs ?? {}), links, info };
}

async function readNodes(run: string, nodeCount: number, { home }: ConnectorContext): Promise<NodeView[]> {
  const records = await listNodes(home.state, run);
  const names = nodeCount === 1 ? ['job'] : await nodeNames(home, run);
  const known = new Map(records.map((record) => [record.position, record]));
  return names.map((id, position) => {
    const { phase = 'NotYetStarted', attempt = 0, job, error, detail } = known.get(position) ?? {};
    return { id, phase, attempt, job, error, moved: detail?.moved } as NodeView;
  });
}

async function nodeNames({ state }: ConnectorContext['home'], run: string): Promise<string[]> {
  const { nodes } = JSON.parse(await getRunGraph(state, run)) as WorkflowGraph;
  return nodes.map(({ id }) => id);
}

function underWay(run: string, nodes: readonly NodeView[], context: ConnectorContext): TaskState {
  const views = nodes.map((node) => ({ ...node, status: context.progress.of(run, node.id) }));
  return { phase: phaseUnderWay(views), links: linksOf(run, views, context), info: progressInfo(run, views) };
}
