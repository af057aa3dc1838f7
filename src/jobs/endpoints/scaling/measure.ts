import type {
  CustomizedMetricSpecification,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import { type Database, findMetrics, type MetricPoint, readMetricPoints } from '../../../state/index.ts';
import { ENDPOINT_NAMESPACE } from '../endpoint-metrics.ts';
import { type MeasuredMinute, MINUTES_TO_SCALE_IN } from './plan-scaling.ts';

const MINUTE_MS = 60_000;

/** Which variant, and from when on it has served. */
export interface MeasuredVariant {
  readonly endpoint: string;
  readonly variant: string;
  /** Milliseconds since 1970: before it, nothing is known. */
  readonly servesSince: number;
}

/** What a policy follows, over the last whole minutes, oldest first. @param now milliseconds since 1970 */
export async function measure(
  state: Database,
  policy: TargetTrackingScalingPolicyConfiguration,
  variant: MeasuredVariant,
  now: number,
): Promise<MeasuredMinute[]> {
  const end = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const begins = Array.from(
    { length: MINUTES_TO_SCALE_IN },
    (_, index) => end - (MINUTES_TO_SCALE_IN - index) * MINUTE_MS,
  );
  const custom = policy.CustomizedMetricSpecification;
  return custom ? customMinutes(state, custom, begins) : invocationMinutes(state, variant, begins);
}

/** SageMakerVariantInvocationsPerInstance: minutes without invocations are zeros. */
async function invocationMinutes(
  state: Database,
  { endpoint, variant, servesSince }: MeasuredVariant,
  begins: readonly number[],
): Promise<MeasuredMinute[]> {
  const read = (name: string) => {
    const dimensions = { EndpointName: endpoint, VariantName: variant };
    return readMinutes(state, { namespace: ENDPOINT_NAMESPACE, name, dimensions }, begins);
  };
  const [each, all] = [await read('InvocationsPerInstance'), await read('Invocations')];
  return begins.map((begin, index) =>
    begin + MINUTE_MS <= servesSince
      ? { value: undefined }
      : { value: sum(each[index] ?? [], 'sum'), total: sum(all[index] ?? [], 'sum') },
  );
}

async function customMinutes(
  state: Database,
  metric: CustomizedMetricSpecification,
  begins: readonly number[],
): Promise<MeasuredMinute[]> {
  const { Namespace: namespace = '', MetricName: name = '', Statistic: statistic = 'Average' } = metric;
  const entries = (metric.Dimensions ?? []).map((each): [string, string] => [
    each.Name ?? '',
    each.Value ?? '',
  ]);
  const key = { namespace, name, dimensions: Object.fromEntries(entries) };
  const minutes = await readMinutes(state, key, begins, metric.Unit);
  return minutes.map((points) => ({
    value: points.length === 0 ? undefined : statisticOf(statistic, points),
  }));
}

/** The points of a metric in each minute. */
async function readMinutes(
  state: Database,
  key: Parameters<typeof findMetrics>[1],
  begins: readonly number[],
  unit?: string,
): Promise<MetricPoint[][]> {
  const [first = 0, last = 0] = [begins[0], begins.at(-1)];
  const series = (await findMetrics(state, key)).filter((each) => (unit ?? each.unit) === each.unit);
  const points = await Promise.all(
    series.map(({ id }) => readMetricPoints(state, id, first, last + MINUTE_MS)),
  );
  const minutes = Map.groupBy(points.flat(), ({ time }) => Math.floor(time / MINUTE_MS) * MINUTE_MS);
  return begins.map((begin) => minutes.get(begin) ?? []);
}

function statisticOf(statistic: string, points: readonly MetricPoint[]): number {
  switch (statistic) {
    case 'Sum':
      return sum(points, 'sum');
    case 'SampleCount':
      return sum(points, 'count');
    case 'Minimum':
      return Math.min(...points.map(({ min }) => min));
    case 'Maximum':
      return Math.max(...points.map(({ max }) => max));
    default:
      return sum(points, 'sum') / sum(points, 'count');
  }
}

function sum(points: readonly MetricPoint[], of: 'sum' | 'count'): number {
  return points.reduce((total, point) => total + point[of], 0);
}
