/**
 * Opens a home: its configuration, its state and its stores at once; what runs jobs, and the engine, are loaded when
 * they are asked for, so that a command which only looks begins quickly.
 */
import type { Account } from '../core/account.ts';
import { type Configuration, loadConfiguration } from '../core/config.ts';
import type { HomePaths } from '../core/home.ts';
import type { Engine } from '../engine/index.ts';
import type { ExecutorName } from '../executors/index.ts';
import type { Jobs, Simulation } from '../jobs/index.ts';
import type { Stores } from '../objects/stores.ts';
import type { Platform } from '../platforms/index.ts';
import type { Database } from '../state/index.ts';
import { findServiceAccess } from './find-service-access.ts';
import type { JobRunnerProcess, JobRunnerProcessOptions } from './job-runner/job-runner-process.ts';
import { openState } from './open-state.ts';

/** Where a home is, for whom, and what the environment says. */
export interface HomeContext {
  readonly paths: HomePaths;
  readonly account: Account;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How a home is opened. */
export interface OpenHomeOptions {
  /** What runs new jobs. Absent: jobs can be looked at and stopped, also in a home that cannot be written. */
  readonly executor?: ExecutorName;
  /** Where given, new jobs do not run: they pass through their statuses. */
  readonly simulation?: Simulation;
  /** Runs new jobs in a process of their own, which may outlive this one. @default this process runs them */
  readonly runner?: Pick<JobRunnerProcessOptions, 'log' | 'onLost'>;
  /** @default what the files of the home and of the working directory say */
  readonly configuration?: Configuration;
  /** Fails at once where nobody listens at the store of this machine that `s3://` is. @default false */
  readonly probeStore?: boolean;
}

/** The platforms of a home, by name. */
export interface HomePlatforms extends Readonly<Record<string, Platform>> {
  /** This machine. */
  readonly local: Platform;
}

/** A home that is open. */
export interface Home {
  readonly paths: HomePaths;
  readonly account: Account;
  readonly configuration: Configuration;
  readonly state: Database;
  readonly stores: Stores;
  readonly jobs: Jobs;
  /** The process that runs jobs, where one was asked for and jobs are not simulated. */
  readonly runner: JobRunnerProcess | undefined;
  /** One line on what differs, where the sandbox does not work here. */
  readonly note: string | undefined;
  /** Where tasks run. The same each time. */
  platforms(): Promise<HomePlatforms>;
  /** Runs graphs on the platforms. The same each time. */
  engine(): Promise<Engine>;
  /**
   * Stops the jobs that this process runs, or with `interrupt` leaves those with attempts left to the next server, or
   * with `leave` lets those go on that another process runs, and closes the state.
   */
  close(how?: 'stop' | 'interrupt' | 'leave'): Promise<void>;
}

/**
 * Opens a home.
 *
 * @throws SluiceError `ConfigInvalid`, `ExecutorUnavailable`, `HomeReadOnly`, `HomeLocked`, `HomeVersion`
 */
export async function openHome(context: HomeContext, options: OpenHomeOptions = {}): Promise<Home> {
  const { paths, account, environment } = context;
  const [{ chooseExecutor }, { createJobs }, { createStores }] = await Promise.all([
    import('../executors/index.ts'),
    import('../jobs/index.ts'),
    import('../objects/stores.ts'),
  ]);
  // What only looks needs nothing that would have to be found first.
  const { executor, containers, note } = await chooseExecutor(options.executor ?? 'process');
  const configuration = options.configuration ?? (await loadConfiguration(paths.home, process.cwd()));
  const runner = await startRunner(context, configuration, options);
  const stores = await createStores({ home: paths.home, environment, probe: options.probeStore ?? false });
  const state = await openState(context, options.executor === undefined ? 'look' : 'write');
  const jobs = createJobs({
    state,
    stores,
    executor,
    containers,
    home: paths,
    account,
    configuration,
    services: (holder) => findServiceAccess(paths.home, stores, holder),
    simulation: options.simulation,
    runnerProcess: runner,
  });
  const platforms = once(async () => {
    const { createLocalPlatform } = await import('../platforms/index.ts');
    return { local: createLocalPlatform({ jobs, stores, account }) };
  });
  return {
    paths,
    account,
    configuration,
    state,
    stores,
    jobs,
    runner,
    note,
    platforms,
    engine: once(async () => {
      const { createEngine } = await import('../engine/index.ts');
      return createEngine({ state, platforms: await platforms(), account });
    }),
    async close(how = 'stop') {
      if (how === 'leave') await jobs.endpoints.close();
      else await (how === 'stop' ? jobs.close() : jobs.interrupt());
      await stores.close();
      await state.close();
      runner?.leave();
    },
  };
}

async function startRunner(
  { paths, account }: HomeContext,
  configuration: Configuration,
  { executor, runner, simulation }: OpenHomeOptions,
): Promise<JobRunnerProcess | undefined> {
  if (!runner || executor === undefined || simulation) return undefined;
  const { JobRunnerProcess } = await import('./job-runner/job-runner-process.ts');
  return new JobRunnerProcess({
    // The server's keys are no business of what runs jobs.
    settings: { paths, account, configuration: { ...configuration, server: {} }, executor },
    ...runner,
  });
}

/** Made when it is first asked for. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
