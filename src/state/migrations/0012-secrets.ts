import type { Migration } from './migration.ts';

/** Secrets that all who share the database have in common, by what they are for. */
export const secrets: Migration = {
  name: 'secrets',
  sqlite: ['CREATE TABLE secrets (name TEXT PRIMARY KEY, secret TEXT NOT NULL)'],
  postgres: ['CREATE TABLE secrets (name TEXT COLLATE "C" PRIMARY KEY, secret TEXT COLLATE "C" NOT NULL)'],
};
