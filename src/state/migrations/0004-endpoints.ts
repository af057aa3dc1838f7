import type { Migration } from '../migrate.ts';

/** Endpoints that serve models. Times are milliseconds since 1970. */
export const endpoints: Migration = {
  name: 'endpoints',
  up: [
    // `request` and `progress` are JSON.
    `CREATE TABLE endpoints (
      name TEXT PRIMARY KEY,
      arn TEXT NOT NULL,
      status TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      modified_at INTEGER NOT NULL,
      request TEXT NOT NULL,
      progress TEXT NOT NULL
    )`,
    'CREATE INDEX endpoints_by_creation ON endpoints (created_at, name)',
    'CREATE INDEX endpoints_by_arn ON endpoints (arn)',
  ],
};
