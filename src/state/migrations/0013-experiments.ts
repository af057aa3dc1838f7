import type { Migration } from './migration.ts';

const TABLES = ['experiments', 'trials', 'trial_components', 'repositories'] as const;

const createdOf = (table: string) => `CREATE INDEX ${table}_by_creation ON ${table} (created_at, name)`;

/**
 * Experiments with their trials and the components of these, and repositories of images. Times are milliseconds since
 * 1970; `request` is JSON.
 */
export const experiments: Migration = {
  name: 'experiments',
  sqlite: [
    ...TABLES.flatMap((table) => [
      `CREATE TABLE ${table} (
        name TEXT PRIMARY KEY,
        arn TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        request TEXT NOT NULL
      )`,
      createdOf(table),
    ]),
    'CREATE TABLE trial_associations (trial TEXT NOT NULL, component TEXT NOT NULL, PRIMARY KEY (trial, component))',
    'CREATE INDEX trial_associations_by_component ON trial_associations (component)',
  ],
  postgres: [
    ...TABLES.flatMap((table) => [
      `CREATE TABLE ${table} (
        name TEXT COLLATE "C" PRIMARY KEY,
        arn TEXT COLLATE "C" NOT NULL,
        created_at BIGINT NOT NULL,
        request TEXT COLLATE "C" NOT NULL
      )`,
      createdOf(table),
    ]),
    `CREATE TABLE trial_associations (
      trial TEXT COLLATE "C" NOT NULL,
      component TEXT COLLATE "C" NOT NULL,
      PRIMARY KEY (trial, component)
    )`,
    'CREATE INDEX trial_associations_by_component ON trial_associations (component)',
  ],
};
