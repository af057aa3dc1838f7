import { LOG_GROUPS } from '../contract/log-names.ts';
import { type Database, findMetrics, readMetricPoints } from '../state/index.ts';

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
