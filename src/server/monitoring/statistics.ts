import type { MetricPoint } from '../../state/index.ts';
import { invalidValue } from './metric-errors.ts';

/** What was measured within one period. */
export interface Period {
  /** Its beginning, milliseconds since 1970. */
  readonly time: number;
  readonly points: readonly MetricPoint[];
}

/** The periods in which there is a point, oldest first. @param points oldest first */
export function periodsOf(points: readonly MetricPoint[], periodSeconds: number): Period[] {
  const length = periodSeconds * 1000;
  const periods: { time: number; points: MetricPoint[] }[] = [];
  for (const point of points) {
    const time = Math.floor(point.time / length) * length;
    const last = periods.at(-1);
    if (last?.time === time) last.points.push(point);
    else periods.push({ time, points: [point] });
  }
  return periods;
}

/** The periods that AWS takes. @throws AwsError */
export function checkPeriod(seconds: number): void {
  if ([1, 5, 10, 20, 30].includes(seconds) || seconds % 60 === 0) return;
  throw invalidValue(
    'The parameter Period must be a value in the set [ 1, 5, 10, 20, 30 ], or a multiple of 60.',
  );
}

/** The value of a statistic in a period: undefined for a percentile where single values are not known. */
export function statistic(name: string, { points }: Period): number | undefined {
  const count = sum(points.map((point) => point.count));
  switch (name) {
    case 'SampleCount':
      return count;
    case 'Sum':
      return sum(points.map((point) => point.sum));
    case 'Average':
      return sum(points.map((point) => point.sum)) / count;
    case 'Minimum':
      return points.reduce((least, { min }) => Math.min(least, min), Infinity);
    case 'Maximum':
      return points.reduce((most, { max }) => Math.max(most, max), -Infinity);
    default:
      return percentile(points, percentOf(name), count);
  }
}

const SIMPLE = ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'];

/** @throws AwsError for a statistic that there is not, or that is not served */
export function checkStatistic(name: string): void {
  if (!SIMPLE.includes(name)) percentOf(name);
}

/** `99.9` of `p99.9`. @throws AwsError */
function percentOf(name: string): number {
  const percent = Number(/^p(\d{1,3}(?:\.\d{1,10})?)$/i.exec(name)?.[1]);
  if (percent >= 0 && percent <= 100) return percent;
  throw invalidValue(`Sluice knows the statistics ${SIMPLE.join(', ')} and p0 to p100, not ${name}.`);
}

function percentile(points: readonly MetricPoint[], percent: number, count: number): number | undefined {
  if (points.some(({ min, max }) => min !== max)) return undefined;
  const sorted = points.toSorted((a, b) => a.min - b.min);
  let seen = 0;
  for (const point of sorted) {
    seen += point.count;
    if (seen >= (count * percent) / 100) return point.min;
  }
  return sorted.at(-1)?.min;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
