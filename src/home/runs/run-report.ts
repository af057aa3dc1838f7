import {
  type Json,
  readTopology,
  type Task,
  topologicalOrder,
  type WorkflowGraph,
} from '../../graph/index.ts';
import { type BilledJob, type CostEstimate, estimateCost } from '../../platforms/prices/index.ts';
import { type PlanStep, type RunPlan, unpackPlan } from '../../platforms/router/index.ts';
import {
  type Database,
  getRun,
  getRunGraph,
  getRunPlan,
  listNodes,
  type NodePhase,
  type NodeRecord,
  type RunFailure,
  type RunRecord,
  readRoster,
} from '../../state/index.ts';
import { type ShownPhase, shownPhase } from './run-phase.ts';

/** One step of a run. */
export interface NodeReport {
  readonly id: string;
  readonly task: string;
  readonly type: Task['type'];
  readonly phase: NodePhase;
  /** The nodes that it waits for. */
  readonly dependsOn: readonly string[];
  readonly attempt: number;
  readonly jobName?: string;
  /** Where its job is, or was. */
  readonly platform?: string;
  /** Where it was to go, and why. Absent where nobody chose. */
  readonly planned?: PlanStep['chosen'];
  /** Why it has left places before, one sentence each. */
  readonly moved?: readonly string[];
  readonly instanceType?: string;
  readonly durationMs?: number;
  readonly billableSeconds?: number;
  /** What its job would have cost on SageMaker. Absent where no price is known. */
  readonly costUsd?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly outputs?: Readonly<Record<string, Json>>;
  /** Where it lies what it has saved, of a step that did not succeed. */
  readonly saved?: Readonly<Record<string, string>>;
  readonly error?: RunFailure;
}

/** All there is to know of a run: what `runs show --json` prints. */
export interface RunReport {
  readonly id: string;
  readonly workflow: string;
  readonly file?: string;
  readonly phase: ShownPhase;
  readonly createdAt: Date;
  readonly durationMs?: number;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly outputs?: Readonly<Record<string, Json>>;
  readonly error?: RunFailure;
  /** Each after all that it waits for. */
  readonly nodes: readonly NodeReport[];
  /** How its steps were placed, and what all of it was expected to take and cost. Absent where nobody chose. */
  readonly plan?: Pick<RunPlan, 'policy' | 'total'>;
  /** What its jobs would have cost on SageMaker. */
  readonly cost: CostEstimate;
}

/** Reads a run with its nodes. @throws SluiceError `RunNotFound` */
export async function readRunReport(state: Database, id: string): Promise<RunReport> {
  const run = await getRun(state, id);
  const graph = JSON.parse(await getRunGraph(state, id)) as WorkflowGraph;
  const records = new Map((await listNodes(state, id)).map((record) => [record.position, record]));
  const kept = await getRunPlan(state, id);
  const plan = kept === undefined ? undefined : unpackPlan(kept);
  const planned = new Map(plan?.steps.map(({ step, chosen }) => [step, chosen]));
  const topology = readTopology(graph.nodes);
  const nodes = topologicalOrder(topology).map((position) => {
    const dependsOn = (topology.dependencies[position] ?? []).map((each) => graph.nodes[each]?.id as string);
    const report = nodeReport(graph, position, dependsOn, records.get(position));
    const chosen = report.type === 'function' ? undefined : planned.get(report.id);
    return { ...report, ...costOf(report), ...(chosen && { planned: chosen }) };
  });
  return {
    ...runFacts(run, shownPhase(await readRoster(state), run)),
    nodes,
    ...(plan && { plan: { policy: plan.policy, total: plan.total } }),
    cost: estimateCost(nodes.flatMap(billedJob)),
  };
}

function runFacts(run: RunRecord, phase: ShownPhase): Omit<RunReport, 'nodes' | 'cost'> {
  const { id, workflow, file, inputs, outputs, error, createdAt, endedAt } = run;
  return {
    id,
    workflow,
    ...(file === undefined ? {} : { file }),
    phase,
    createdAt: new Date(createdAt),
    ...(endedAt === undefined ? {} : { durationMs: endedAt - createdAt }),
    inputs,
    ...(outputs === undefined ? {} : { outputs }),
    ...(error === undefined ? {} : { error }),
  };
}

function nodeReport(
  graph: WorkflowGraph,
  position: number,
  dependsOn: readonly string[],
  record: NodeRecord | undefined,
): NodeReport {
  const node = graph.nodes[position] as WorkflowGraph['nodes'][number];
  const task = graph.tasks[node.task] as Task;
  return {
    id: node.id,
    task: node.task,
    type: task.type,
    phase: record?.phase ?? 'NotYetStarted',
    dependsOn,
    attempt: record?.attempt ?? 0,
    ...('instanceType' in task ? { instanceType: task.instanceType } : {}),
    ...(record === undefined ? {} : nodeOutcome(record)),
  };
}

function nodeOutcome({ job, detail, outputs, error, startedAt, endedAt }: NodeRecord): Partial<NodeReport> {
  return {
    ...(job === undefined ? {} : { jobName: job.jobName, platform: job.platform }),
    ...(detail?.moved === undefined ? {} : { moved: detail.moved }),
    ...(startedAt === undefined || endedAt === undefined ? {} : { durationMs: endedAt - startedAt }),
    ...(detail?.billableSeconds === undefined ? {} : { billableSeconds: detail.billableSeconds }),
    ...(detail?.metrics === undefined ? {} : { metrics: detail.metrics }),
    ...(outputs === undefined ? {} : { outputs }),
    ...(detail?.saved === undefined ? {} : { saved: detail.saved }),
    ...(error === undefined ? {} : { error }),
  };
}

function costOf(report: NodeReport): Pick<NodeReport, 'costUsd'> {
  const { onDemand, recorded } = estimateCost(billedJob(report));
  return recorded === undefined ? {} : { costUsd: onDemand };
}

function billedJob({ type, instanceType, billableSeconds }: NodeReport): BilledJob[] {
  if (type === 'function' || instanceType === undefined || billableSeconds === undefined) return [];
  return [{ jobType: type, instanceType, billableSeconds }];
}
