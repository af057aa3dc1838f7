import { runs } from './0001-runs.ts';
import { jobs } from './0002-jobs.ts';
import { resources } from './0003-resources.ts';
import { endpoints } from './0004-endpoints.ts';
import { customLogs } from './0005-custom-logs.ts';
import { metrics } from './0006-metrics.ts';
import { workers } from './0007-workers.ts';
import { runsApi } from './0008-runs-api.ts';
import { scaling } from './0009-scaling.ts';
import { runPlans } from './0010-run-plans.ts';
import { iam } from './0011-iam.ts';
import { secrets } from './0012-secrets.ts';
import { experiments } from './0013-experiments.ts';
import { uploads } from './0014-uploads.ts';
import type { Migration } from './migration.ts';

/** Every step of the schema, oldest first. Never change or remove one that was released; add at the end. */
export const migrations: readonly Migration[] = [
  runs,
  jobs,
  resources,
  endpoints,
  customLogs,
  metrics,
  workers,
  runsApi,
  scaling,
  runPlans,
  iam,
  secrets,
  experiments,
  uploads,
];
