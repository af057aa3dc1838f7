import { listMetrics as listSeries } from '../../state/index.ts';
import type { Operation } from '../operations/operation.ts';
import type { Dimension } from './find-points.ts';
import { invalidValue } from './metric-errors.ts';

interface ListMetricsInput {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly Dimension[];
  readonly NextToken?: string;
  readonly RecentlyActive?: 'PT3H';
}

const PAGE = 500;
const THREE_HOURS_MS = 3 * 3_600_000;

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html */
export const listMetrics: Operation<ListMetricsInput, object> = async (input, { state, clock, jobs }) => {
  if (input.NextToken !== undefined && !/^\d{1,15}$/.test(input.NextToken)) {
    throw invalidValue('The value for NextToken is not one that this operation has answered with.');
  }
  await jobs.endpoints.metrics.flush();
  const all = await listSeries(state, {
    namespace: input.Namespace,
    name: input.MetricName,
    activeSince: input.RecentlyActive && clock().getTime() - THREE_HOURS_MS,
    after: Number(input.NextToken ?? 0),
  });
  const wanted = input.Dimensions ?? [];
  const fitting = all.filter(({ dimensions }) =>
    wanted.every(
      ({ Name: name, Value: value }) =>
        Object.hasOwn(dimensions, name) && (value === undefined || dimensions[name] === value),
    ),
  );
  const shown = fitting.slice(0, PAGE);
  return {
    Metrics: shown.map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
    ...(fitting.length > PAGE && { NextToken: String(shown.at(-1)?.id) }),
  };
};
