import type { Statements } from './database.ts';
import { dimensionsText, type MetricKey, type MetricPoint } from './metrics.ts';

/** A metric that has points. */
export interface MetricSeries extends MetricKey {
  readonly id: number;
  readonly unit: string;
}

/** Which metrics to list, after which one, and how many. */
export interface MetricFilter {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** Only metrics with a point at or after this time, milliseconds since 1970. */
  readonly activeSince?: number | undefined;
  /** The id of the last one before. @default 0 */
  readonly after?: number | undefined;
}

interface SeriesRow {
  readonly id: number;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: string;
  readonly unit: string;
}

/** Metrics in the order in which they came to be. */
export async function listMetrics(state: Statements, filter: MetricFilter): Promise<MetricSeries[]> {
  const conditions = ['id > ?', 'last_at >= ?'];
  const values: (string | number)[] = [filter.after ?? 0, filter.activeSince ?? Number.MIN_SAFE_INTEGER];
  for (const [column, value] of [
    ['namespace', filter.namespace],
    ['name', filter.name],
  ] as const) {
    if (value === undefined) continue;
    conditions.push(`${column} = ?`);
    values.push(value);
  }
  const sql = `SELECT id, namespace, name, dimensions, unit FROM metric_series WHERE ${conditions.join(' AND ')} ORDER BY id`;
  return (await state.all<SeriesRow>(sql, ...values)).map(series);
}

/** The metric in each of its units. */
export async function findMetrics(state: Statements, key: MetricKey): Promise<MetricSeries[]> {
  const sql =
    'SELECT id, namespace, name, dimensions, unit FROM metric_series WHERE namespace = ? AND name = ? AND dimensions = ?';
  const rows = await state.all<SeriesRow>(sql, key.namespace, key.name, dimensionsText(key.dimensions));
  return rows.map(series);
}

/** The points of a metric from a time on, before another: milliseconds since 1970. */
export async function readMetricPoints(
  state: Statements,
  id: number,
  begin: number,
  end: number,
): Promise<MetricPoint[]> {
  const sql =
    'SELECT time, count, sum, min, max FROM metric_points WHERE series = ? AND time >= ? AND time < ? ORDER BY time';
  return state.all<MetricPoint>(sql, id, begin, end);
}

function series({ dimensions, ...row }: SeriesRow): MetricSeries {
  return { ...row, dimensions: JSON.parse(dimensions) as MetricSeries['dimensions'] };
}
