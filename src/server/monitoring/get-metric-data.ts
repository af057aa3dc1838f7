import type { Operation, OperationContext } from '../operations/operation.ts';
import { findPoints, type MetricInput } from './find-points.ts';
import { invalidCombination, invalidValue } from './metric-errors.ts';
import { checkPeriod, checkStatistic, periodsOf, statistic } from './statistics.ts';

interface MetricStat {
  readonly Metric: MetricInput;
  readonly Period: number;
  readonly Stat: string;
  readonly Unit?: string;
}

interface MetricDataQuery {
  readonly Id: string;
  readonly Label?: string;
  readonly ReturnData?: boolean;
  readonly Expression?: string;
  readonly MetricStat?: MetricStat;
}

interface GetMetricDataInput {
  readonly MetricDataQueries: readonly MetricDataQuery[];
  readonly StartTime: Date;
  readonly EndTime: Date;
  readonly ScanBy?: 'TimestampDescending' | 'TimestampAscending';
  readonly NextToken?: string;
  readonly MaxDatapoints?: number;
}

const MAX_QUERIES = 500;
const MAX_POINTS = 100_800;

/**
 * Gaps: an Expression is refused: no metric math, no search and no Metrics Insights.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export const getMetricData: Operation<GetMetricDataInput, object> = async (input, context) => {
  checkQueries(input);
  const limit = Math.max(1, Math.min(input.MaxDatapoints ?? MAX_POINTS, MAX_POINTS));
  const begin = parseToken(input.NextToken);
  let place = 0;
  const results: object[] = [];
  for (const query of input.MetricDataQueries) {
    if (query.ReturnData === false) continue;
    const all = await valuesOf(query.MetricStat as MetricStat, input, context);
    const shown = all.slice(Math.max(0, begin - place), Math.max(0, begin + limit - place));
    place += all.length;
    results.push({
      Id: query.Id,
      Label: query.Label ?? query.MetricStat?.Metric.MetricName,
      Timestamps: shown.map(({ time }) => new Date(time)),
      Values: shown.map(({ value }) => value),
      StatusCode: place > begin + limit ? 'PartialData' : 'Complete',
    });
  }
  return {
    MetricDataResults: results,
    Messages: [],
    ...(place > begin + limit && { NextToken: String(begin + limit) }),
  };
};

async function valuesOf(stat: MetricStat, input: GetMetricDataInput, context: OperationContext) {
  const range = { begin: input.StartTime, end: input.EndTime, unit: stat.Unit };
  const { points } = await findPoints(context, stat.Metric, range);
  const values = periodsOf(points, stat.Period).flatMap((period) => {
    const value = statistic(stat.Stat, period);
    return value === undefined ? [] : [{ time: period.time, value }];
  });
  return input.ScanBy === 'TimestampAscending' ? values : values.reverse();
}

/** @throws AwsError */
function checkQueries({ MetricDataQueries: queries, StartTime, EndTime }: GetMetricDataInput): void {
  if (queries.length > MAX_QUERIES) throw invalidValue(`At most ${MAX_QUERIES} MetricDataQueries are taken.`);
  if (new Set(queries.map(({ Id }) => Id)).size < queries.length) {
    throw invalidValue('The values for parameter id in MetricDataQueries are not unique.');
  }
  if (StartTime >= EndTime) {
    throw invalidCombination('The parameter StartTime must be less than the parameter EndTime.');
  }
  for (const { Id: id, MetricStat: stat, Expression: expression } of queries) {
    if (expression !== undefined || !stat) {
      throw invalidValue(`MetricDataQueries ${id} must have a MetricStat: Sluice serves no expressions.`);
    }
    checkPeriod(stat.Period);
    checkStatistic(stat.Stat);
  }
}

function parseToken(token = '0'): number {
  if (/^\d{1,15}$/.test(token)) return Number(token);
  throw invalidValue('The value for NextToken is not one that this operation has answered with.');
}
