import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Bundles } from '../bundles/index.ts';
import type { Account } from '../core/account.ts';
import type { Configuration } from '../core/config.ts';
import type { SluiceError } from '../core/errors.ts';
import type { HomePaths } from '../core/home.ts';
import { Limiter } from '../core/limiter.ts';
import { loadConfiguration } from '../core/load-configuration.ts';
import { ROUTER_DEFAULTS } from '../core/platforms-defaults.ts';
import type { Engine, Planner, TaskFunction } from '../engine/index.ts';
import { chooseExecutor, type ExecutorName } from '../executors/index.ts';
import type { Json, WorkflowGraph } from '../graph/index.ts';
import {
  createJobs,
  type JobRecord,
  type Jobs,
  type JobType,
  type Peers,
  type Simulation,
} from '../jobs/index.ts';
import { createStores, type OpenStores } from '../objects/index.ts';
import type { RunPlan } from '../platforms/router/index.ts';
import { type Database, workerOf } from '../state/index.ts';
import { createPeers } from './create-peers.ts';
import type { HomePlatforms } from './create-platforms.ts';
import { findJob } from './find-job.ts';
import { findServiceAccess } from './find-service-access.ts';
import type { HomeContext } from './home-context.ts';
import { JobKeeper } from './job-runner/job-keeper.ts';
import { JobRunnerProcess } from './job-runner/job-runner-process.ts';
import { killJobs } from './kill-jobs.ts';
import { openState } from './open-state.ts';
import { homeServerAccess } from './server/index.ts';
import { uploadJournal } from './upload-journal.ts';

/** How a home is opened. */
export interface OpenHomeOptions {
  /** What runs new jobs. Absent: jobs can be looked at and stopped, also in a home that cannot be written. */
  readonly executor?: ExecutorName;
  /** Where given, new jobs do not run: they pass through their statuses. */
  readonly simulation?: Simulation;
  /** Runs new jobs in a process of their own, which may outlive this one. @default this process runs them */
  readonly runner?: {
    /** Takes a line for the log of the server. */
    readonly log: (message: string) => void;
    /** Takes a line on what became of jobs. */
    readonly say: (message: string) => void;
  };
  /** @default what the files of the home and of the working directory say */
  readonly configuration?: Configuration;
  /** Fails at once where nobody listens at the store of this machine that `s3://` is. @default false */
  readonly probeStore?: boolean;
}

/** A home that is open. */
export interface Home {
  readonly paths: HomePaths;
  readonly account: Account;
  readonly configuration: Configuration;
  readonly state: Database;
  readonly stores: OpenStores;
  readonly jobs: Jobs;
  /** The other servers of the database; undefined where the home has it for itself. */
  readonly peers: Peers | undefined;
  /** The process that runs jobs, where one was asked for and jobs are not simulated. */
  readonly runner: JobRunnerProcess | undefined;
  /** Accounts for the jobs of processes that have ended, once it was started. */
  readonly keeper: JobKeeper;
  /** One line on what differs, where the sandbox does not work here. */
  readonly note: string | undefined;
  /** Whether jobs and {@link functions} run in the sandbox. */
  readonly sandboxed: boolean;
  /** The code of graphs, by digest. The same each time. */
  bundles(): Promise<Bundles>;
  /**
   * The functions of a graph from elsewhere, each to be run in a process of its own, in the sandbox where there is one:
   * nothing of their code is loaded here.
   *
   * @param onLine takes a line that a function of a run has printed
   */
  functions(
    graph: WorkflowGraph,
    onLine?: (run: string, node: string, line: string) => void,
  ): Promise<Readonly<Record<string, TaskFunction>>>;
  /** Where tasks run. The same each time. */
  platforms(): Promise<HomePlatforms>;
  /**
   * Plans a run of a graph with absolute places; undefined where this machine is the only platform. Nothing is started.
   *
   * @throws SluiceError `NoPlatformFits`, `ConfigInvalid`, `InvalidArgument`
   */
  plan(graph: WorkflowGraph, inputs: Readonly<Record<string, Json>>): Promise<RunPlan | undefined>;
  /**
   * What somebody has to agree to before a run is carried on; undefined where a cap has answered, or it costs nothing.
   *
   * @throws SluiceError `CostNotApproved` where that is more than a run may cost
   */
  resumeNotApproved(id: string, graph: WorkflowGraph): Promise<SluiceError | undefined>;
  /** Runs graphs on the platforms. The same each time. */
  engine(): Promise<Engine>;
  /**
   * The job of this name, of whichever type.
   *
   * @throws SluiceError `JobNotFound`, `InvalidArgument` when several types have one of this name
   */
  findJob(name: string, type?: JobType): Promise<JobRecord>;
  /** Kills every process of the jobs that this process runs: they end at once, as stopped. Never rejects. */
  killJobs(): Promise<void>;
  /**
   * Stops the jobs that this process runs, or with `interrupt` leaves those with attempts left to the next server, or
   * with `leave` lets those go on that another process runs, and closes the state.
   */
  close(how?: 'stop' | 'interrupt' | 'leave'): Promise<void>;
}

/** @see the door. The platforms and the engine are loaded when they are asked for. */
export async function openHome(context: HomeContext, options: OpenHomeOptions = {}): Promise<Home> {
  const { paths, account, environment } = context;
  // What only looks needs nothing that would have to be found first.
  const { executor, containers, note } = await chooseExecutor(options.executor ?? 'process');
  const configuration =
    options.configuration ?? (await loadConfiguration(paths.home, process.cwd(), environment));
  const runner = createRunner(context, configuration, options, () => keeper.lost());
  const state = await openState(context, options.executor === undefined ? 'look' : 'write');
  const stores = await createStores({
    home: paths.home,
    environment,
    probe: options.probeStore ?? false,
    journal: uploadJournal(state),
  }).catch(async (error: unknown) => {
    await state.close();
    throw error;
  });
  const peers = state.dialect === 'sqlite' ? undefined : createPeers(context, configuration);
  workerOf(state).configure({
    leaseMs: configuration.leaseMs,
    name: environment['SLUICE_WORKER'] || undefined,
    url: peers && (() => peers.ownUrl),
  });
  const jobs = createJobs({
    state,
    stores,
    executor,
    containers,
    home: paths,
    account,
    configuration,
    services: (holder) => findServiceAccess(paths.home, stores, holder, peers !== undefined),
    simulation: options.simulation,
    runnerProcess: runner,
    peers,
  });
  const keeper = new JobKeeper(state, jobs, options.runner?.say ?? (() => undefined));
  // However many runs there are: each function that runs is a process.
  const places = new Limiter(availableParallelism());
  const bundles = once(async () => {
    const { Bundles } = await import('../bundles/index.ts');
    return new Bundles({ stores, account });
  });
  let opened: HomePlatforms | undefined;
  const platforms = once(async () => {
    const { createPlatforms } = await import('./create-platforms.ts');
    opened = await createPlatforms({
      jobs,
      stores,
      account,
      environment,
      secrets: paths.secrets,
      bundles: await bundles(),
      server: homeServerAccess(context, async () => configuration),
      settings: configuration.platforms ?? {},
    });
    return opened;
  });
  const engine = once(async () => {
    const { createEngine } = await import('../engine/index.ts');
    return createEngine({
      state,
      platforms: await platforms(),
      account,
      bundles: await bundles(),
      planner: approvedPlan,
      caps: {
        usdPerRun: configuration.router?.maxCostInUSDPerRun,
        usdPerJob: configuration.router?.maxCostInUSDPerJob,
        prices: async () => (await import('./plan/index.ts')).jobPrices(paths.home, configuration),
      },
      maxQueueMs: (configuration.router?.maxQueueSeconds ?? ROUTER_DEFAULTS.maxQueueSeconds) * 1000,
    });
  });
  const plan: Home['plan'] = async (graph, inputs) => {
    const { enabledPlatforms, planRun } = await import('./plan/index.ts');
    if (enabledPlatforms(configuration).length === 1) return undefined;
    return planRun({ graph, inputs, configuration, home: paths.home, state, stores, asksStores: true });
  };
  /** Nobody can be asked: what a cap does not answer is refused. */
  const approvedPlan: Planner = async (graph, inputs) => {
    const planned = await plan(graph, inputs);
    if (!planned) return undefined;
    const { approveCost, costNotApproved } = await import('./plan/index.ts');
    const approval = approveCost(planned, configuration);
    const refused = costNotApproved(approval);
    if (refused) throw refused;
    return approval.plan;
  };
  return {
    paths,
    account,
    configuration,
    state,
    stores,
    jobs,
    peers,
    runner,
    keeper,
    note,
    sandboxed: executor.name === 'sandbox',
    bundles,
    async functions(graph, onLine) {
      const { isolatedFunctions } = await import('./functions/index.ts');
      const directory = join(paths.cache, 'functions');
      return isolatedFunctions({ graph, bundles: await bundles(), executor, directory, onLine, places });
    },
    platforms,
    plan,
    async resumeNotApproved(id, graph) {
      const { resumeNotApproved } = await import('./plan/index.ts');
      return resumeNotApproved({ state, home: paths.home, configuration, id, graph });
    },
    engine,
    findJob: (name, type) => findJob(jobs, name, type),
    killJobs: () => killJobs(jobs),
    async close(how = 'stop') {
      await keeper.close();
      await Promise.all(Object.values(opened ?? {}).map((platform) => platform.detach()));
      if (how === 'leave') await jobs.endpoints.close();
      else await (how === 'stop' ? jobs.close() : jobs.interrupt());
      await peers?.close();
      await stores.close();
      await state.close();
      runner?.leave();
    },
  };
}

function createRunner(
  { paths, account }: HomeContext,
  configuration: Configuration,
  { executor, simulation, runner }: OpenHomeOptions,
  onLost: () => void,
): JobRunnerProcess | undefined {
  if (!runner || executor === undefined || simulation) return undefined;
  // The server's keys are no business of what runs jobs.
  const settings = { paths, account, configuration: { ...configuration, server: {} }, executor };
  return new JobRunnerProcess({ settings, log: runner.log, onLost });
}

/** Made when it is first asked for. What fails is tried again by who asks next: a store may answer by then. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
