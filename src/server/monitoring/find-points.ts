import { findMetrics, type MetricPoint, readMetricPoints } from '../../state/index.ts';
import type { OperationContext } from '../operations/operation.ts';

/** A metric as requests name it. */
export interface MetricInput {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly Dimension[];
}

/** One part of what tells metrics of one name apart. */
export interface Dimension {
  readonly Name: string;
  readonly Value?: string | undefined;
}

/** The points of a metric from a time on, before another, oldest first; in the unit that is asked for, else in all. */
export async function findPoints(
  { state, jobs }: OperationContext,
  { Namespace: namespace = '', MetricName: name = '', Dimensions: dimensions = [] }: MetricInput,
  range: { readonly begin: Date; readonly end: Date; readonly unit?: string | undefined },
): Promise<{ readonly points: MetricPoint[]; readonly unit: string }> {
  await jobs.endpoints.metrics.flush();
  const key = { namespace, name, dimensions: dimensionMap(dimensions) };
  const found = (await findMetrics(state, key)).filter(({ unit }) => (range.unit ?? unit) === unit);
  const [begin, end] = [range.begin.getTime(), range.end.getTime()];
  const points = await Promise.all(found.map(({ id }) => readMetricPoints(state, id, begin, end)));
  return { points: points.flat().sort((a, b) => a.time - b.time), unit: found[0]?.unit ?? 'None' };
}

/** Dimensions by their names. */
export function dimensionMap(dimensions: readonly Dimension[]): Record<string, string> {
  return Object.fromEntries(dimensions.map(({ Name: name, Value: value = '' }) => [name, value]));
}
