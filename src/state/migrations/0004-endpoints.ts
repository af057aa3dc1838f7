import type { Migration } from './migration.ts';

const INDEXES = [
  'CREATE INDEX endpoints_by_creation ON endpoints (created_at, name)',
  'CREATE INDEX endpoints_by_arn ON endpoints (arn)',
];

/** Endpoints that serve models. Times are milliseconds since 1970. */
export const endpoints: Migration = {
  name: 'endpoints',
  sqlite: [
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
    ...INDEXES,
  ],
  postgres: [
    `CREATE TABLE endpoints (
      name TEXT COLLATE "C" PRIMARY KEY,
      arn TEXT COLLATE "C" NOT NULL,
      status TEXT COLLATE "C" NOT NULL,
      created_at BIGINT NOT NULL,
      modified_at BIGINT NOT NULL,
      request TEXT COLLATE "C" NOT NULL,
      progress TEXT COLLATE "C" NOT NULL
    )`,
    ...INDEXES,
  ],
};
