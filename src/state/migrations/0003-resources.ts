import type { Migration } from '../migrate.ts';

/** Endpoint configurations, and the tags of everything that has an ARN. Times are milliseconds since 1970. */
export const resources: Migration = {
  name: 'resources',
  up: [
    // `request` is JSON.
    `CREATE TABLE endpoint_configs (
      name TEXT PRIMARY KEY,
      arn TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      request TEXT NOT NULL
    )`,
    'CREATE INDEX endpoint_configs_by_creation ON endpoint_configs (created_at, name)',
    // A resource has a row once its tags are others than those it was created with. `tags` is a JSON object.
    'CREATE TABLE tags (arn TEXT PRIMARY KEY, tags TEXT NOT NULL)',
    'CREATE INDEX endpoint_configs_by_arn ON endpoint_configs (arn)',
    'CREATE INDEX models_by_arn ON models (arn)',
    'CREATE INDEX jobs_by_arn ON jobs (arn)',
    'CREATE INDEX jobs_by_status_and_name ON jobs (type, status, name)',
  ],
};
