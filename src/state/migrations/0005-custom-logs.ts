import type { Migration } from '../migrate.ts';

/** The log groups, streams and events that scripts write, beside the logs of jobs. Times are milliseconds since 1970. */
export const customLogs: Migration = {
  name: 'custom-logs',
  up: [
    // `settings` is JSON.
    'CREATE TABLE log_groups (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL, settings TEXT NOT NULL)',
    `CREATE TABLE log_streams (
      id INTEGER PRIMARY KEY,
      log_group TEXT NOT NULL,
      name TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      first_event_at INTEGER,
      last_event_at INTEGER,
      ingested_at INTEGER
    )`,
    'CREATE UNIQUE INDEX log_streams_by_name ON log_streams (log_group, name)',
    // Ids are never used again: whoever follows a stream has the last one that it saw.
    `CREATE TABLE log_events (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      stream INTEGER NOT NULL,
      time INTEGER NOT NULL,
      ingested_at INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      message TEXT NOT NULL
    )`,
    'CREATE INDEX log_events_by_stream ON log_events (stream, id)',
    'CREATE INDEX log_events_by_time ON log_events (stream, time)',
  ],
};
