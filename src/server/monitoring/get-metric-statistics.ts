import type { Operation } from '../operations/operation.ts';
import { findPoints, type MetricInput } from './find-points.ts';
import { invalidCombination } from './metric-errors.ts';
import { checkPeriod, checkStatistic, periodsOf, statistic } from './statistics.ts';

interface GetMetricStatisticsInput extends MetricInput {
  readonly StartTime: Date;
  readonly EndTime: Date;
  readonly Period: number;
  readonly Statistics?: readonly string[];
  readonly ExtendedStatistics?: readonly string[];
  readonly Unit?: string;
}

const MAX_POINTS = 1440;

/**
 * Datapoints come oldest first.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
 */
export const getMetricStatistics: Operation<GetMetricStatisticsInput, object> = async (input, context) => {
  const { StartTime: begin, EndTime: end, Period: seconds, Unit: unit } = input;
  const { Statistics: simple = [], ExtendedStatistics: percentiles = [] } = input;
  checkRange(input);
  percentiles.forEach(checkStatistic);
  const found = await findPoints(context, input, { begin, end, unit });
  const datapoints = periodsOf(found.points, seconds).map((period) => ({
    Timestamp: new Date(period.time),
    ...Object.fromEntries(simple.map((name) => [name, statistic(name, period)])),
    ...(percentiles.length > 0 && {
      ExtendedStatistics: Object.fromEntries(percentiles.map((name) => [name, statistic(name, period)])),
    }),
    Unit: found.unit,
  }));
  return { Label: input.MetricName, Datapoints: datapoints };
};

/** @throws AwsError */
function checkRange(input: GetMetricStatisticsInput): void {
  const { StartTime, EndTime, Period, Statistics, ExtendedStatistics } = input;
  checkPeriod(Period);
  if ((Statistics === undefined) === (ExtendedStatistics === undefined)) {
    throw invalidCombination('Exactly one of Statistics and ExtendedStatistics must be given.');
  }
  const seconds = (EndTime.getTime() - StartTime.getTime()) / 1000;
  if (seconds <= 0) {
    throw invalidCombination('The parameter StartTime must be less than the parameter EndTime.');
  }
  const points = Math.ceil(seconds / Period);
  if (points <= MAX_POINTS) return;
  throw invalidCombination(
    `You have requested up to ${points.toLocaleString('en-US')} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
  );
}
