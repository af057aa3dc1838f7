import type { Migration } from './migration.ts';

const JOBS_INDEXES = [
  'CREATE INDEX jobs_by_creation ON jobs (type, created_at, name)',
  'CREATE INDEX jobs_by_status ON jobs (type, status, created_at, name)',
  "CREATE INDEX jobs_to_stop ON jobs (owner_pid) WHERE stop_requested = 1 AND status = 'InProgress'",
  'CREATE UNIQUE INDEX jobs_by_key ON jobs (type, idempotency_key) WHERE idempotency_key IS NOT NULL',
];
const MODELS_BY_CREATION = 'CREATE INDEX models_by_creation ON models (created_at, name)';

/** Training, processing and transform jobs, and the models that transform jobs serve. Times are milliseconds since 1970. */
export const jobs: Migration = {
  name: 'jobs',
  sqlite: [
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
    ...JOBS_INDEXES,
    `CREATE TABLE models (
      name TEXT PRIMARY KEY,
      arn TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      request TEXT NOT NULL
    )`,
    MODELS_BY_CREATION,
  ],
  postgres: [
    `CREATE TABLE jobs (
      type TEXT COLLATE "C" NOT NULL,
      name TEXT COLLATE "C" NOT NULL,
      arn TEXT COLLATE "C" NOT NULL,
      status TEXT COLLATE "C" NOT NULL,
      secondary_status TEXT COLLATE "C" NOT NULL,
      created_at BIGINT NOT NULL,
      modified_at BIGINT NOT NULL,
      started_at BIGINT,
      ended_at BIGINT,
      request TEXT COLLATE "C" NOT NULL,
      progress TEXT COLLATE "C" NOT NULL,
      details TEXT COLLATE "C",
      owner_pid BIGINT NOT NULL,
      owner_start TEXT COLLATE "C" NOT NULL,
      directory TEXT COLLATE "C" NOT NULL,
      idempotency_key TEXT COLLATE "C",
      stop_requested BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (type, name)
    )`,
    ...JOBS_INDEXES,
    `CREATE TABLE models (
      name TEXT COLLATE "C" PRIMARY KEY,
      arn TEXT COLLATE "C" NOT NULL,
      created_at BIGINT NOT NULL,
      request TEXT COLLATE "C" NOT NULL
    )`,
    MODELS_BY_CREATION,
  ],
};
