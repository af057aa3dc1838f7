import type { Migration } from './migration.ts';

/** Roles and policies of IAM. Times are milliseconds since 1970. */
export const iam: Migration = {
  name: 'iam',
  sqlite: [
    // `key` is a role's name, which no other may have in another case, or a policy's ARN; `content` is JSON.
    `CREATE TABLE iam_entities (
      kind TEXT NOT NULL,
      key TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      content TEXT NOT NULL,
      PRIMARY KEY (kind, key)
    )`,
  ],
  postgres: [
    `CREATE TABLE iam_entities (
      kind TEXT COLLATE "C" NOT NULL,
      key TEXT COLLATE "C" NOT NULL,
      created_at BIGINT NOT NULL,
      content TEXT COLLATE "C" NOT NULL,
      PRIMARY KEY (kind, key)
    )`,
  ],
};
