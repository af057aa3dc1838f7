import { LOG_GROUPS } from '../contract/log-names.ts';
import type { RunReport } from '../home/runs/index.ts';
import { type Database, findMetrics, readMetricPoints } from '../state/index.ts';

/** The values of a run's metrics over time, by the ids of its nodes and their names. */
export type RunMetricValues = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

/** The values of a training job's metrics over time, by their names. */
export async function readMetricValues(
  state: Database,
  jobName: string,
  names: readonly string[],
): Promise<Record<string, number[]>> {
  const namespace = LOG_GROUPS.training;
  const read = async (name: string): Promise<[string, number[]]> => {
    const [series] = await findMetrics(state, { namespace, name, dimensions: { TrainingJobName: jobName } });
    const points = series ? await readMetricPoints(state, series.id, 0, Number.MAX_SAFE_INTEGER) : [];
    return [name, points.map(({ sum, count }) => sum / count)];
  };
  return Object.fromEntries(await Promise.all(names.map(read)));
}

/** The same for each training step of a run. */
export async function readRunMetricValues(state: Database, { nodes }: RunReport): Promise<RunMetricValues> {
  const found: Record<string, Record<string, number[]>> = {};
  for (const { id, type, jobName, metrics = {} } of nodes) {
    if (type !== 'training' || jobName === undefined) continue;
    found[id] = await readMetricValues(state, jobName, Object.keys(metrics));
  }
  return found;
}
