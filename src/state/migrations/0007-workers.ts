import type { Migration } from './migration.ts';

/** No owner: what a process of an earlier version has begun is known by owner_pid and owner_start, which stay. */
const OWNERS = ['jobs', 'runs', 'endpoints'].map((table) => ({
  sqlite: [
    `ALTER TABLE ${table} ADD COLUMN owner TEXT NOT NULL DEFAULT ''`,
    `ALTER TABLE ${table} ADD COLUMN fence INTEGER NOT NULL DEFAULT 0`,
  ],
  postgres: [
    `ALTER TABLE ${table} ADD COLUMN owner TEXT COLLATE "C" NOT NULL DEFAULT ''`,
    `ALTER TABLE ${table} ADD COLUMN fence BIGINT NOT NULL DEFAULT 0`,
  ],
}));
const INDEXES = [
  'CREATE UNIQUE INDEX workers_by_name ON workers (name) WHERE ended_at IS NULL',
  "CREATE INDEX jobs_to_stop_by_owner ON jobs (owner) WHERE stop_requested = 1 AND status = 'InProgress'",
];

/**
 * Workers: the processes that carry out jobs and runs and serve endpoints, and the leases that these are held by. Times
 * are milliseconds since 1970 by the database's own clock, `now_ms()`, which SQLite is given when it is opened.
 */
export const workers: Migration = {
  name: 'workers',
  sqlite: [
    `CREATE TABLE workers (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      host TEXT NOT NULL,
      machine TEXT NOT NULL,
      boot TEXT NOT NULL,
      namespace TEXT NOT NULL,
      pid INTEGER NOT NULL,
      start_time TEXT NOT NULL,
      url TEXT,
      lease_ms INTEGER NOT NULL,
      lease_until INTEGER NOT NULL,
      ended_at INTEGER
    )`,
    ...OWNERS.flatMap(({ sqlite }) => sqlite),
    ...INDEXES,
  ],
  postgres: [
    `CREATE FUNCTION now_ms() RETURNS BIGINT LANGUAGE SQL VOLATILE AS
      'SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)'`,
    `CREATE TABLE workers (
      id TEXT COLLATE "C" PRIMARY KEY,
      name TEXT COLLATE "C" NOT NULL,
      host TEXT COLLATE "C" NOT NULL,
      machine TEXT COLLATE "C" NOT NULL,
      boot TEXT COLLATE "C" NOT NULL,
      namespace TEXT COLLATE "C" NOT NULL,
      pid BIGINT NOT NULL,
      start_time TEXT COLLATE "C" NOT NULL,
      url TEXT COLLATE "C",
      lease_ms BIGINT NOT NULL,
      lease_until BIGINT NOT NULL,
      ended_at BIGINT
    )`,
    ...OWNERS.flatMap(({ postgres }) => postgres),
    ...INDEXES,
  ],
};
