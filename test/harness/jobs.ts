import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_ACCOUNT, defaultBucket } from '../../src/core/account.ts';
import { homePaths } from '../../src/core/home.ts';
import { createProcessExecutor, createSandboxExecutor, type Executor } from '../../src/executors/index.ts';
import { uploadJournal } from '../../src/home/upload-journal.ts';
import { createJobs, type Jobs, type JobsOptions } from '../../src/jobs/index.ts';
import { createDirectoryStore } from '../../src/objects/directory/create-directory-store.ts';
import { createS3Store } from '../../src/objects/s3/create-s3-store.ts';
import type { S3StoreOptions } from '../../src/objects/s3/s3-options.ts';
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

/** How a home for tests is opened. */
export interface OpenJobsOptions extends Partial<JobsOptions> {
  /** An endpoint to keep objects at. @default a directory of the home */
  readonly s3?: S3StoreOptions | undefined;
}

/** Opens a home in the temporary directory. Dispose of it: jobs are stopped and the home is removed. */
export async function openJobs({ s3, ...options }: OpenJobsOptions = {}): Promise<JobsFixture> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-jobs-'));
  const paths = homePaths(home);
  const state = options.state ?? (await openTestDatabase(home));
  const journal = uploadJournal(state);
  const store = s3 ? createS3Store(s3, journal) : createDirectoryStore(paths.objects);
  const bucket = defaultBucket(DEFAULT_ACCOUNT);
  await store.createBucket(bucket);
  const jobs = createJobs({
    state,
    stores: { store: () => store, journal },
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
      if ('close' in store) await store.close();
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
