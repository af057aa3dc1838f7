import { type MetricPoint, type MetricPoints, metricPoint, putMetrics } from '../../state/index.ts';
import type { Operation } from '../operations/operation.ts';
import { type Dimension, dimensionMap } from './find-points.ts';
import { invalidCombination, invalidValue } from './metric-errors.ts';

interface MetricDatum {
  readonly MetricName: string;
  readonly Dimensions?: readonly Dimension[];
  readonly Timestamp?: Date;
  readonly Value?: number;
  readonly StatisticValues?: {
    readonly SampleCount: number;
    readonly Sum: number;
    readonly Minimum: number;
    readonly Maximum: number;
  };
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
  readonly Unit?: string;
}

interface PutMetricDataInput {
  readonly Namespace: string;
  readonly MetricData?: readonly MetricDatum[];
  readonly EntityMetricData?: readonly { readonly MetricData?: readonly MetricDatum[] }[];
}

const MAX_METRICS = 1000;
const MAX_VALUES = 150;
const MAX_VALUE = 2 ** 360;
const TWO_WEEKS_MS = 14 * 86_400_000;
const TWO_HOURS_MS = 2 * 3_600_000;

/**
 * What is put can be read at once.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
export const putMetricData: Operation<PutMetricDataInput, object> = async (input, { state, clock }) => {
  const { Namespace: namespace, MetricData: plain = [], EntityMetricData: entities = [] } = input;
  if (namespace.startsWith('AWS/')) {
    throw invalidValue(`The value ${namespace} for parameter Namespace is invalid.`);
  }
  const data = [...plain, ...entities.flatMap(({ MetricData: of = [] }) => of)];
  if (data.length > MAX_METRICS) {
    throw invalidValue(`The collection MetricData must not have a size greater than ${MAX_METRICS}.`);
  }
  const now = clock().getTime();
  const metrics = data.map((datum, index): MetricPoints => {
    const place = `MetricData.member.${index + 1}`;
    const time = checkTime(datum.Timestamp?.getTime() ?? now, now, place);
    return {
      namespace,
      name: datum.MetricName,
      dimensions: dimensionMap(datum.Dimensions ?? []),
      unit: datum.Unit,
      points: pointsOf(datum, time, place),
    };
  });
  await putMetrics(state, metrics);
  return {};
};

/** @throws AwsError */
function checkTime(time: number, now: number, place: string): number {
  if (time >= now - TWO_WEEKS_MS && time <= now + TWO_HOURS_MS) return Math.trunc(time);
  throw invalidValue(`The parameter ${place}.Timestamp must specify a time within the past two weeks.`);
}

/** @throws AwsError */
function pointsOf(datum: MetricDatum, time: number, place: string): MetricPoint[] {
  const { Value: value, StatisticValues: set, Values: values } = datum;
  if ([value, set, values].filter((each) => each !== undefined).length !== 1) {
    throw invalidCombination(`${place} must have exactly one of Value, Values and StatisticValues.`);
  }
  if (value !== undefined) return [metricPoint(time, checkValue(value, `${place}.Value`))];
  if (values) return valuesOf(values, datum.Counts, time, place);
  const { SampleCount: count = 0, Sum: sum = 0, Minimum: min = 0, Maximum: max = 0 } = set ?? {};
  for (const each of [count, sum, min, max]) checkValue(each, `${place}.StatisticValues`);
  if (count <= 0 || min > max) throw invalidValue(`${place}.StatisticValues is no set of statistics.`);
  return [{ time, count, sum, min, max }];
}

/** @throws AwsError */
function valuesOf(
  values: readonly number[],
  counts: readonly number[] | undefined,
  time: number,
  place: string,
): MetricPoint[] {
  if (values.length > MAX_VALUES || (counts && counts.length !== values.length)) {
    throw invalidValue(`${place} must have at most ${MAX_VALUES} Values, and as many Counts as Values.`);
  }
  return values.flatMap((value, index) => {
    const count = checkValue(counts?.[index] ?? 1, `${place}.Counts`);
    if (count < 0) throw invalidValue(`${place}.Counts must not be negative.`);
    return count === 0 ? [] : [metricPoint(time, checkValue(value, `${place}.Values`), count)];
  });
}

/** @throws AwsError */
function checkValue(value: number, place: string): number {
  if (Math.abs(value) <= MAX_VALUE) return value;
  throw invalidValue(`The value ${value} for parameter ${place} is invalid.`);
}
