import type { Migration } from '../migrate.ts';

/** Training, processing and transform jobs, and the models that transform jobs serve. Times are milliseconds since 1970. */
export const jobs: Migration = {
  name: 'jobs',
  up: [
    // `request`, `progress` and `details` are JSON.
    `CREATE TABLE jobs (
      type TEXT NOT NULL,
      name TEXT NOT NULL,
      arn TEXT NOT NULL,
      status TEXT NOT NULL,
      secondary_status TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      modified_at INTEGER NOT NULL,
      started_at INTEGER,
      ended_at INTEGER,
      request TEXT NOT NULL,
      progress TEXT NOT NULL,
      details TEXT,
      owner_pid INTEGER NOT NULL,
      owner_start TEXT NOT NULL,
      directory TEXT NOT NULL,
      idempotency_key TEXT,
      stop_requested INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (type, name)
    )`,
    'CREATE INDEX jobs_by_creation ON jobs (type, created_at, name)',
    'CREATE INDEX jobs_by_status ON jobs (type, status, created_at, name)',
    "CREATE INDEX jobs_to_stop ON jobs (owner_pid) WHERE stop_requested = 1 AND status = 'InProgress'",
    'CREATE UNIQUE INDEX jobs_by_key ON jobs (type, idempotency_key) WHERE idempotency_key IS NOT NULL',
    `CREATE TABLE models (
      name TEXT PRIMARY KEY,
      arn TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      request TEXT NOT NULL
    )`,
    'CREATE INDEX models_by_creation ON models (created_at, name)',
  ],
};
