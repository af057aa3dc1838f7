import type { Migration } from './migration.ts';

/** Where the steps of a run were to go, as JSON: apart from `runs`, which is listed often. */
export const runPlans: Migration = {
  name: 'run-plans',
  sqlite: ['CREATE TABLE run_plans (run TEXT PRIMARY KEY REFERENCES runs (id), plan TEXT NOT NULL)'],
  postgres: [
    `CREATE TABLE run_plans (
      run TEXT COLLATE "C" PRIMARY KEY REFERENCES runs (id),
      plan TEXT COLLATE "C" NOT NULL
    )`,
  ],
};
