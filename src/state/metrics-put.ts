import type { Database, Statements } from './database.ts';
import { dimensionsText, type MetricPoints } from './metrics.ts';

const UPSERT = `INSERT INTO metric_series (namespace, name, dimensions, unit, last_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (namespace, name, dimensions, unit) DO UPDATE SET
    last_at = CASE WHEN excluded.last_at > metric_series.last_at THEN excluded.last_at ELSE metric_series.last_at END
  RETURNING id`;
const INSERT = 'INSERT INTO metric_points (series, time, count, sum, min, max) VALUES (?, ?, ?, ?, ?, ?)';

/** Keeps points of metrics, and the metrics that they make. */
export async function putMetrics(state: Database, metrics: readonly MetricPoints[]): Promise<void> {
  const filled = metrics.filter(({ points }) => points.length > 0);
  if (filled.length === 0) return;
  await state.groupedTransaction(async (transaction) => {
    for (const each of filled) await putPoints(transaction, each);
  });
}

async function putPoints(transaction: Statements, metric: MetricPoints): Promise<void> {
  const { namespace, name, dimensions, unit = 'None', points } = metric;
  const lastAt = Math.max(...points.map(({ time }) => time));
  const row = await transaction.get<{ id: number }>(
    UPSERT,
    namespace,
    name,
    dimensionsText(dimensions),
    unit,
    lastAt,
  );
  const { id } = row as { id: number };
  const rows = points.map(({ time, count, sum, min, max }) => [id, time, count, sum, min, max]);
  await transaction.runMany(INSERT, rows);
}
