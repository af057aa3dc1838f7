import type { Migration } from './migration.ts';

const INDEXES = [
  'CREATE INDEX endpoint_configs_by_arn ON endpoint_configs (arn)',
  'CREATE INDEX models_by_arn ON models (arn)',
  'CREATE INDEX jobs_by_arn ON jobs (arn)',
  'CREATE INDEX jobs_by_status_and_name ON jobs (type, status, name)',
];
const CONFIGS_BY_CREATION =
  'CREATE INDEX endpoint_configs_by_creation ON endpoint_configs (created_at, name)';

/** Endpoint configurations, and the tags of everything that has an ARN. Times are milliseconds since 1970. */
export const resources: Migration = {
  name: 'resources',
  sqlite: [
    // `request` is JSON.
    `CREATE TABLE endpoint_configs (
      name TEXT PRIMARY KEY,
      arn TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      request TEXT NOT NULL
    )`,
    CONFIGS_BY_CREATION,
    // A resource has a row once its tags are others than those it was created with. `tags` is a JSON object.
    'CREATE TABLE tags (arn TEXT PRIMARY KEY, tags TEXT NOT NULL)',
    ...INDEXES,
  ],
  postgres: [
    `CREATE TABLE endpoint_configs (
      name TEXT COLLATE "C" PRIMARY KEY,
      arn TEXT COLLATE "C" NOT NULL,
      created_at BIGINT NOT NULL,
      request TEXT COLLATE "C" NOT NULL
    )`,
    CONFIGS_BY_CREATION,
    'CREATE TABLE tags (arn TEXT COLLATE "C" PRIMARY KEY, tags TEXT COLLATE "C" NOT NULL)',
    ...INDEXES,
  ],
};
