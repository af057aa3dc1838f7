import type { Migration } from './migration.ts';

/**
 * What was begun to be uploaded or written and has neither its name nor an end: by whom, so that it is removed once that
 * worker is gone. `host` is the machine's name; `began_at` milliseconds since 1970.
 */
export const uploads: Migration = {
  name: 'uploads',
  sqlite: [
    `CREATE TABLE uploads (
      id TEXT NOT NULL,
      uri TEXT NOT NULL,
      worker TEXT NOT NULL,
      host TEXT NOT NULL,
      began_at INTEGER NOT NULL,
      PRIMARY KEY (id, uri)
    ) WITHOUT ROWID`,
  ],
  postgres: [
    `CREATE TABLE uploads (
      id TEXT COLLATE "C" NOT NULL,
      uri TEXT COLLATE "C" NOT NULL,
      worker TEXT COLLATE "C" NOT NULL,
      host TEXT COLLATE "C" NOT NULL,
      began_at BIGINT NOT NULL,
      PRIMARY KEY (id, uri)
    )`,
  ],
};
