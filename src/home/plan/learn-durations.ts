import { parseGraph, type WorkflowGraph } from '../../graph/index.ts';
import { unpackPlan } from '../../platforms/router/index.ts';
import { type Database, getRunGraph, listPastRuns, type PastRun } from '../../state/index.ts';

/** Runs of the workflow that are looked at, the newest. */
const MOST_RUNS = 30;

/** Samples of one task that count, the newest. */
const MOST_SAMPLES = 100;

/** How long a task once took. */
export interface DurationSample {
  readonly platform: string;
  readonly seconds: number;
  /** What it read, where that was known. Bytes. */
  readonly dataSizeBytes?: number;
}

/** What earlier runs of a task took, the newest first. */
export type DurationSamples = ReadonlyMap<string, readonly DurationSample[]>;

/** Looks how long the tasks of a workflow took before. A run that cannot be read teaches nothing. */
export async function learnDurations(state: Database, workflow: string): Promise<DurationSamples> {
  const samples = new Map<string, DurationSample[]>();
  const graphs = new Map<string, WorkflowGraph>();
  for (const run of await listPastRuns(state, workflow, MOST_RUNS)) {
    try {
      const graph = graphs.get(run.graphHash) ?? (await readGraph(state, run));
      graphs.set(run.graphHash, graph);
      for (const [task, sample] of samplesOf(run, graph)) {
        const known = samples.get(task) ?? [];
        if (known.length < MOST_SAMPLES) known.push(sample);
        samples.set(task, known);
      }
    } catch {
      // An older form, or one of a newer version.
    }
  }
  return samples;
}

async function readGraph(state: Database, { id }: PastRun): Promise<WorkflowGraph> {
  return parseGraph(await getRunGraph(state, id), { recorded: true });
}

function* samplesOf(run: PastRun, graph: WorkflowGraph): Generator<[string, DurationSample]> {
  const steps = run.plan === undefined ? [] : unpackPlan(run.plan).steps;
  const sizes = new Map(steps.map(({ step, dataSizeBytes }) => [step, dataSizeBytes]));
  for (const { position, job, detail, startedAt, endedAt } of run.nodes) {
    const node = graph.nodes[position];
    const task = node && graph.tasks[node.task];
    if (!node || !task || task.type === 'function' || startedAt === undefined || endedAt === undefined)
      continue;
    const billed = detail?.billableSeconds;
    const count = Math.max(task.instanceCount || 1, 1);
    const seconds = billed === undefined ? (endedAt - startedAt) / 1000 : billed / count;
    const dataSizeBytes = sizes.get(node.id);
    yield [
      node.task,
      { platform: job?.platform ?? 'local', seconds, ...(dataSizeBytes !== undefined && { dataSizeBytes }) },
    ];
  }
}

/** What a task is expected to take by its samples. Seconds. */
export interface ExpectedDuration {
  readonly seconds: number;
  readonly slowSeconds: number;
  readonly on: Readonly<Record<string, number>>;
}

/**
 * The median and what nine of ten took at most, scaled by the size of the data where that is known of both; and the median
 * on each platform. Undefined without a sample. Pure.
 */
export function expectedDuration(
  samples: readonly DurationSample[],
  dataSizeBytes: number | undefined,
): ExpectedDuration | undefined {
  if (samples.length === 0) return undefined;
  const scaled = samples.map((sample) => ({ ...sample, seconds: scaledSeconds(sample, dataSizeBytes) }));
  const byPlatform = Object.groupBy(scaled, ({ platform }) => platform);
  const on = Object.entries(byPlatform).map(([platform, own = []]) => [
    platform,
    quantile(secondsOf(own), 0.5),
  ]);
  const all = secondsOf(scaled);
  return {
    seconds: quantile(all, 0.5),
    slowSeconds: quantile(all, 0.9),
    on: Object.fromEntries(on) as Record<string, number>,
  };
}

/** In proportion: twice the data takes twice the time. */
function scaledSeconds({ seconds, dataSizeBytes: then }: DurationSample, now: number | undefined): number {
  return now === undefined || !then ? seconds : (seconds * now) / then;
}

function secondsOf(samples: readonly DurationSample[]): number[] {
  return samples.map(({ seconds }) => seconds);
}

/** Between two samples in proportion; whole seconds, at least one. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return Math.max(Math.round(below + (above - below) * (at - Math.floor(at))), 1);
}
