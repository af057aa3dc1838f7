import { defaultBucket } from '../../../core/account.ts';
import { SluiceError } from '../../../core/errors.ts';
import type { PlatformsSettings } from '../../../core/platforms-settings.ts';
import type { Json, WorkflowGraph } from '../../../graph/index.ts';
import { checkBundles, checkRemoteGraph, checkRemoteInputs } from '../../../home/keep-runs/index.ts';
import { findRunByKey, getRun, getRunGraph, listNodes } from '../../../state/index.ts';
import type { FlyteTask } from '../flyte-task.ts';
import type { AsyncTaskType, ConnectorContext, TaskState } from '../task-type.ts';
import { nameOutputs, type OutputNames, pickOutputs } from './declared-outputs.ts';
import { putFunctionInputs, readFunctionEnd } from './function-data.ts';
import { FUNCTION_OUTPUT } from './function-task.ts';
import { keepInlineBundles } from './inline-bundles.ts';
import { readGraph } from './read-graph.ts';
import { billedOf, costOf } from './run-cost.ts';
import { linksOf } from './run-links.ts';
import { readRunLog } from './run-log.ts';
import { newRunId, runIdOf, runKeyOf } from './run-names.ts';
import { failedState, type NodeView, phaseUnderWay, progressInfo } from './run-state.ts';
import { wantedBy } from './wanted-by.ts';

/** What a task is run as. */
export interface PlannedRun {
  /** As it came: it is checked as one from elsewhere. */
  readonly graph: Json;
  readonly inputs: Readonly<Record<string, Json>>;
  /** It is a function that reads and writes its own values, below this place of the job's store. */
  readonly functionStore?: string;
}

/** What Flyte keeps of a run. */
interface RunReference {
  readonly run: string;
  readonly outputs: OutputNames;
  readonly functionStore?: string;
}

/**
 * A task type whose tasks are runs of graphs.
 *
 * @param plan says what a task is run as; pure. `store` is a prefix of the run's own, without trailing slash
 */
export function runTaskType(
  plan: (task: FlyteTask, store: string, platforms: PlatformsSettings) => PlannedRun,
): AsyncTaskType {
  return {
    async create(task, context) {
      const run = task.attempt ? runIdOf(task.attempt) : newRunId(task.name);
      const store = `s3://${defaultBucket(context.home.account)}/${run}/flyte`;
      const { platforms = {} } = context.home.configuration;
      const { graph: form, inputs, functionStore } = plan(task, store, platforms);
      const graph = await readGraph(form, context.limits);
      const made = Object.keys(graph.interface.outputs);
      const outputs = functionStore === undefined ? nameOutputs(task, made) : {};
      await beginRun({ task, run, graph, inputs, functionStore }, context);
      return { run, outputs, ...(functionStore !== undefined && { functionStore }) };
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

interface RunToBegin extends Pick<RunReference, 'run'> {
  readonly task: FlyteTask;
  readonly graph: WorkflowGraph;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly functionStore: string | undefined;
}

/** Begins a run, unless it was begun before: by this replica or another one. */
async function beginRun(
  { task, run, graph, inputs, functionStore }: RunToBegin,
  { home, keeper, limits, allowances }: ConnectorContext,
): Promise<void> {
  const key = task.attempt && runKeyOf(task.attempt, task);
  if (key && (await findRunByKey(home.state, key)) !== undefined) return;
  checkRemoteInputs(inputs, limits);
  checkRemoteGraph(graph, limits, home.sandboxed);
  allowances.check(task, wantedBy(graph, inputs, `s3://${defaultBucket(home.account)}/${run}`));
  await keepInlineBundles(task, home, limits);
  await checkBundles(home, graph, limits);
  if (functionStore !== undefined) await putFunctionInputs(home, functionStore, task.literals);
  try {
    await keeper.begin({ graph, inputs, key, id: run });
  } catch (error) {
    const taken = key && error instanceof SluiceError && error.code === 'RunKeyTaken';
    if (!taken || (await findRunByKey(home.state, key)) === undefined) throw error;
  }
}

async function readState(
  { run, outputs, functionStore }: RunReference,
  context: ConnectorContext,
): Promise<TaskState> {
  const { keeper, home } = context;
  const handle = keeper.find(run);
  if (handle) {
    const nodes = handle.nodes().map((node) => ({ ...node, moved: node.detail?.moved }));
    return underWay(run, nodes, context, handle.resumed);
  }
  if (keeper.isQueued(run)) return { phase: 'QUEUED', info: { run } };
  const record = await getRun(home.state, run);
  const nodes = await readNodes(home, run);
  if (record.phase === 'Running') return underWay(run, nodes, context);
  const links = linksOf(run, nodes, context);
  const info = { ...progressInfo(run, nodes), ...costOf(nodes) };
  if (record.phase !== 'Succeeded') return { ...failedState(record, nodes), links, info };
  const made = record.outputs ?? {};
  if (functionStore !== undefined) {
    const place = made[FUNCTION_OUTPUT] ?? `${functionStore}/out`;
    return { ...(await readFunctionEnd(home, place)), links, info };
  }
  return { phase: 'SUCCEEDED', outputs: pickOutputs(outputs, made), links, info };
}

async function readNodes({ state }: ConnectorContext['home'], run: string): Promise<NodeView[]> {
  const records = await listNodes(state, run);
  const graph = JSON.parse(await getRunGraph(state, run)) as WorkflowGraph;
  const known = new Map(records.map((record) => [record.position, record]));
  return graph.nodes.map((node, position) => {
    const { phase = 'NotYetStarted', attempt = 0, job, error, detail } = known.get(position) ?? {};
    return {
      id: node.id,
      phase,
      attempt,
      ...(job && { job }),
      ...(error && { error }),
      ...(detail?.moved && { moved: detail.moved }),
      file: graph.tasks[node.task]?.file,
      ...billedOf(graph.tasks[node.task], detail?.billableSeconds),
    };
  });
}

function underWay(
  run: string,
  nodes: readonly NodeView[],
  context: ConnectorContext,
  resumed?: boolean,
): TaskState {
  const views = nodes.map((node) => ({ ...node, status: context.progress.of(run, node.id) }));
  return {
    phase: phaseUnderWay(views, resumed),
    links: linksOf(run, views, context),
    info: progressInfo(run, views),
  };
}
