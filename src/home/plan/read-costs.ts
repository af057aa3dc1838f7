import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import { type JobTask, parseGraph, type WorkflowGraph } from '../../graph/index.ts';
import type { PriceBook } from '../../platforms/prices/index.ts';
import { actualCost, type Place, unpackPlan } from '../../platforms/router/index.ts';
import {
  type Database,
  getRunGraph,
  getRunPlan,
  listNodes,
  listRuns,
  type NodeRecord,
  type SpentAttempt,
} from '../../state/index.ts';

/** Which runs to sum up. */
export interface CostsFilter {
  readonly workflow?: string | undefined;
  /** Milliseconds since 1970. @default all */
  readonly createdAfter?: number | undefined;
  /** The newest. */
  readonly limit: number;
}

/** What jobs of one task on one platform cost. US dollars; null: unknown of one of them. */
export interface CostRow {
  readonly workflow: string;
  readonly task: string;
  readonly platform: string;
  readonly jobs: number;
  readonly billableSeconds: number;
  /** What their plans expected; null also where some had none. */
  readonly estimatedUsd: number | null;
  readonly actualUsd: number | null;
  /** What the same jobs had cost on machines that are not taken away. */
  readonly onDemandUsd: number | null;
}

/** {@link CostRow}s, and what they are made of. */
export interface Costs {
  readonly runs: number;
  readonly rows: readonly CostRow[];
  /** The days of the oldest and the newest price, ISO 8601. Absent where there is none. */
  readonly priced?: readonly [oldest: string, newest: string];
}

/** Sums up what runs cost, by workflow, task and platform. A run that cannot be read is left out. */
export async function readCosts(
  state: Database,
  filter: CostsFilter,
  settings: PlatformsSettings,
  prices: PriceBook,
): Promise<Costs> {
  const rows = new Map<string, CostRow>();
  const days: string[] = [];
  const runs = await listRuns(state, filter);
  for (const { id, workflow } of runs) {
    const graph = await readGraph(state, id);
    if (!graph) continue;
    const kept = await getRunPlan(state, id);
    const steps = kept === undefined ? [] : unpackPlan(kept).steps;
    const places = new Map(steps.map(({ step, places }) => [step, places]));
    for (const record of await listNodes(state, id)) {
      const node = graph.nodes[record.position];
      const task = node && graph.tasks[node.task];
      if (!node || !task || task.type === 'function') continue;
      for (const attempt of attemptsOf(record)) {
        const job = costOf(task, attempt, places.get(node.id), settings, prices);
        if (job.priced !== undefined) days.push(job.priced);
        addTo(rows, { workflow, task: node.task, ...job.row });
      }
    }
  }
  days.sort();
  const [oldest, newest] = [days[0], days.at(-1)];
  return {
    runs: runs.length,
    rows: [...rows.values()],
    ...(oldest !== undefined && newest !== undefined && { priced: [oldest, newest] as const }),
  };
}

async function readGraph(state: Database, id: string): Promise<WorkflowGraph | undefined> {
  return parseGraph(await getRunGraph(state, id), { recorded: true }).catch(() => undefined);
}

interface JobCost {
  readonly row: Omit<CostRow, 'workflow' | 'task'>;
  readonly priced: string | undefined;
}

/** The attempts of a node that were billed something; what has not run was not. */
function attemptsOf({ job, detail }: NodeRecord): SpentAttempt[] {
  const { spent = [], billableSeconds } = detail ?? {};
  if (!job || billableSeconds === undefined) return [...spent];
  return [...spent, { ...detail, platform: job.platform, billableSeconds }];
}

function costOf(
  task: JobTask,
  { platform, place: placeAt = 0, billableSeconds, ranSeconds }: SpentAttempt,
  places: readonly Place[] | undefined,
  settings: PlatformsSettings,
  prices: PriceBook,
): JobCost {
  const found = places?.[placeAt];
  const place = found?.platform === platform ? found : undefined;
  const spot = place?.spot ?? (task.type === 'training' && task.enableManagedSpotTraining);
  const cost = actualCost({ task, platform, spot, billableSeconds, ranSeconds }, settings, prices);
  const row = {
    platform,
    jobs: 1,
    billableSeconds,
    estimatedUsd: place?.usd ?? null,
    actualUsd: cost.usd ?? null,
    onDemandUsd: cost.onDemandUsd ?? null,
  };
  return { row, priced: cost.priced };
}

function addTo(rows: Map<string, CostRow>, row: CostRow): void {
  const key = `${row.workflow}\0${row.task}\0${row.platform}`;
  const known = rows.get(key);
  rows.set(key, known ? sumOf(known, row) : row);
}

/** Two rows as one, which has the names of the first. */
export function sumOf(a: CostRow, b: CostRow): CostRow {
  const sum = (x: number | null, y: number | null): number | null =>
    x === null || y === null ? null : x + y;
  return {
    ...a,
    jobs: a.jobs + b.jobs,
    billableSeconds: a.billableSeconds + b.billableSeconds,
    estimatedUsd: sum(a.estimatedUsd, b.estimatedUsd),
    actualUsd: sum(a.actualUsd, b.actualUsd),
    onDemandUsd: sum(a.onDemandUsd, b.onDemandUsd),
  };
}
