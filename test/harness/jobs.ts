import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_ACCOUNT, defaultBucket } from '../../src/core/account.ts';
import { homePaths } from '../../src/core/home.ts';
import { createProcessExecutor, createSandboxExecutor, type Executor } from '../../src/executors/index.ts';
import { createJobs, type Jobs, type JobsOptions } from '../../src/jobs/index.ts';
import { createDirectoryStore } from '../../src/objects/directory/create-directory-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import type { Database } from '../../src/state/index.ts';
import { openTestDatabase } from './database.ts';

/** A home of its own with everything that jobs need. */
export interface JobsFixture extends AsyncDisposable {
  readonly jobs: Jobs;
  readonly state: Database;
  readonly store: ObjectStore;
  readonly home: string;
  readonly bucket: string;
}

/** Opens a home in the temporary directory. Dispose of it: jobs are stopped and the home is removed. */
export async function openJobs(options: Partial<JobsOptions> = {}): Promise<JobsFixture> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-jobs-'));
  const paths = homePaths(home);
  const state = options.state ?? (await openTestDatabase(home));
  const store = createDirectoryStore(paths.objects);
  const bucket = defaultBucket(DEFAULT_ACCOUNT);
  await store.createBucket(bucket);
  const jobs = createJobs({
    state,
    stores: { store: () => store },
    executor: createSandboxExecutor(),
    home: paths,
    account: DEFAULT_ACCOUNT,
    ...options,
  });
  return {
    jobs,
    state,
    store,
    home,
    bucket,
    [Symbol.asyncDispose]: async () => {
      await jobs.close();
      await state.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** What `npm test` leaves out on a machine that lacks it. */
const leftOut = (process.env['SLUICE_TESTS_LEAVE_OUT'] ?? '').split(',');

/** Both executors, for tables of tests; where bubblewrap is left out, the other one. */
export const executors: readonly (readonly [string, () => Executor])[] = [
  ...(leftOut.includes('bubblewrap') ? [] : [['sandbox', createSandboxExecutor] as const]),
  ['process', createProcessExecutor],
];
