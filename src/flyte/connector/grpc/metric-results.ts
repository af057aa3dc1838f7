import { jsonToStruct } from '../literals/struct.ts';

/** flyteidl.core.ExecutionMetricResult of each metric that is asked for, in the form of Prometheus' vectors. */
export function metricResults(
  metrics: Readonly<Record<string, number>>,
  queries: readonly string[] = [],
): object[] {
  return Object.entries(metrics)
    .filter(([name]) => queries.length === 0 || queries.includes(name))
    .map(([metric, value]) => ({
      metric,
      data: jsonToStruct({ resultType: 'scalar', result: [{ metric: { __name__: metric }, value }] }),
    }));
}
