import type { Migration } from '../migrate.ts';

/** Metrics over time, as CloudWatch has them. Times are milliseconds since 1970. */
export const metrics: Migration = {
  name: 'metrics',
  up: [
    // `dimensions` is a JSON object with sorted keys.
    `CREATE TABLE metric_series (
      id INTEGER PRIMARY KEY,
      namespace TEXT NOT NULL,
      name TEXT NOT NULL,
      dimensions TEXT NOT NULL,
      unit TEXT NOT NULL,
      last_at INTEGER NOT NULL
    )`,
    'CREATE UNIQUE INDEX metric_series_by_name ON metric_series (namespace, name, dimensions, unit)',
    // A value that occurred `count` times, or what is known of several values.
    `CREATE TABLE metric_points (
      series INTEGER NOT NULL,
      time INTEGER NOT NULL,
      count REAL NOT NULL,
      sum REAL NOT NULL,
      min REAL NOT NULL,
      max REAL NOT NULL
    )`,
    'CREATE INDEX metric_points_by_time ON metric_points (series, time)',
  ],
};
