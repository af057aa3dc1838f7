import { type Configuration, loadConfiguration } from '../core/config.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { SluiceError } from '../core/errors.ts';
import type { HomePaths } from '../core/home.ts';
import { createProcessExecutor, type Executor } from '../executors/index.ts';
import {
  createJobs,
  type JobRecord,
  type Jobs,
  type JobType,
  type RunnerProcess,
  type Simulation,
} from '../jobs/index.ts';
import { createStores, type Stores } from '../objects/stores.ts';
import { type Database, openDatabase } from '../state/index.ts';
import type { CliContext } from './context.ts';
import { findServiceAccess } from './find-service-access.ts';

const unwritable: ReadonlySet<string> = new Set(['HomeReadOnly', 'DiskFull'] satisfies ErrorCode[]);

/** The types of jobs, in the order they are shown. */
export const jobTypes = ['training', 'processing', 'transform'] as const satisfies readonly JobType[];

/** The jobs of a home. */
export interface OpenedJobs {
  readonly state: Database;
  readonly stores: Stores;
  readonly jobs: Jobs;
  readonly configuration: Configuration;
  /**
   * Stops the jobs that this process runs, or with `interrupt` leaves those with attempts left to the next server, or
   * with `leave` lets those go on that another process runs, and closes the state.
   */
  close(how?: 'stop' | 'interrupt' | 'leave'): Promise<void>;
}

/** How jobs are opened. */
export interface OpenJobsOptions {
  /** @default what the files of the home and of the working directory say */
  readonly configuration?: Configuration;
  /** What runs images that the configuration names a container for. */
  readonly containers?: Executor | undefined;
  /** Where given, new jobs do not run. */
  readonly simulation?: Simulation | undefined;
  /** What runs new jobs in place of this process. */
  readonly runnerProcess?: RunnerProcess | undefined;
  /** Fails at once where nobody listens at the store of this machine that `s3://` is. @default false */
  readonly probeStore?: boolean;
}

/**
 * Opens the jobs of the home.
 *
 * @param executor what runs new jobs; without one they can be looked at and stopped
 * @throws SluiceError `ConfigInvalid`, `HomeReadOnly`, `HomeLocked`, `HomeVersion`
 */
export async function openJobs(
  { paths, account, environment }: Pick<CliContext, 'paths' | 'account' | 'environment'>,
  executor?: Executor,
  { containers, simulation, runnerProcess, probeStore = false, ...options }: OpenJobsOptions = {},
): Promise<OpenedJobs> {
  const configuration = options.configuration ?? (await loadConfiguration(paths.home, process.cwd()));
  const stores = await createStores({ home: paths.home, environment, probe: probeStore });
  const state = await (executor ? openDatabase(paths) : openToLook(paths));
  const jobs = createJobs({
    state,
    stores,
    executor: executor ?? createProcessExecutor(),
    containers,
    home: paths,
    account,
    configuration,
    services: (holder) => findServiceAccess({ paths }, stores, holder),
    simulation,
    runnerProcess,
  });
  return {
    state,
    stores,
    jobs,
    configuration,
    async close(how = 'stop') {
      if (how === 'leave') await jobs.endpoints.close();
      else await (how === 'stop' ? jobs.close() : jobs.interrupt());
      await stores.close();
      await state.close();
    },
  };
}

/** A home that cannot be written can still be read. */
async function openToLook(paths: HomePaths): Promise<Database> {
  try {
    return await openDatabase(paths);
  } catch (error) {
    if (!(error instanceof SluiceError) || !unwritable.has(error.code)) throw error;
    return openDatabase(paths, { readOnly: true }).catch(() => {
      throw error;
    });
  }
}

/**
 * The job of this name, of whichever type.
 *
 * @throws SluiceError `JobNotFound`, `InvalidArgument` when several types have one of this name
 */
export async function findJob(jobs: Jobs, name: string, type?: JobType): Promise<JobRecord> {
  const wanted = type === undefined ? jobTypes : [type];
  const found = (await Promise.all(wanted.map((candidate) => jobs[candidate].find(name)))).filter(
    (record) => record !== undefined,
  );
  if (found.length > 1) {
    throw new SluiceError(
      'InvalidArgument',
      `'${name}' is the name of ${found.length} jobs of different types.`,
      {
        hint: `Say which one: ${found.map((record) => `--type ${record.type}`).join(' or ')}.`,
      },
    );
  }
  if (found[0]) return found[0];
  throw new SluiceError('JobNotFound', `No ${type ?? ''}${type ? ' ' : ''}job is called '${name}'.`, {
    hint: "'sluice jobs ls' shows the jobs of this home.",
  });
}
