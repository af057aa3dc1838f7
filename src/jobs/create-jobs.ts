import type {
  CreateProcessingJobRequest,
  CreateTrainingJobRequest,
  CreateTransformJobRequest,
  DescribeProcessingJobResponse,
  DescribeTrainingJobResponse,
  DescribeTransformJobResponse,
} from '@aws-sdk/client-sagemaker';
import type { Stores } from '../channels/index.ts';
import { planHosts } from '../contract/hosts.ts';
import { validateProcessing, validateTraining, validateTransform } from '../contract/validate-job.ts';
import type { Account } from '../core/account.ts';
import { type Configuration, DEFAULT_CONFIGURATION } from '../core/config.ts';
import type { HomePaths } from '../core/home.ts';
import { startSteadyClock } from '../core/steady-clock.ts';
import type { Executor } from '../executors/index.ts';
import { MERGED_DIRECTORY } from '../hosts/index.ts';
import type { Database, JobSummary, JobType } from '../state/index.ts';
import { JobChanges } from './changes.ts';
import type { JobsContext, KeepData, ServicesFor } from './context.ts';
import { EndpointService } from './endpoints/endpoint-service.ts';
import { ENDPOINT_LIMITS, type EndpointLimits } from './endpoints/limits.ts';
import type { Recovery } from './job-recovery.ts';
import { JobRunner } from './job-runner.ts';
import { JobService } from './job-service.ts';
import type { JobTypeDefinition } from './job-type-definition.ts';
import { removeLeftUploads } from './left-uploads.ts';
import { ModelService } from './models.ts';
import type { Peers } from './peers.ts';
import { runProcessing } from './processing.ts';
import { describeProcessingJob } from './processing-describe.ts';
import { type HandedJob, HandOver, type RunnerProcess } from './runner.ts';
import { simulateProcessing, simulateTraining, simulateTransform } from './simulate.ts';
import type { Simulation } from './simulation.ts';
import { runTraining } from './training.ts';
import { describeTrainingJob } from './training-describe.ts';
import { runTransform, TRANSFORM_OUTPUT, transformHosts } from './transform.ts';
import { describeTransformJob } from './transform-describe.ts';

/** SageMaker's time between SIGTERM and SIGKILL of a job that is stopped, milliseconds. */
const STOP_GRACE_MS = 120_000;

/** What jobs work with. */
export interface JobsOptions {
  readonly state: Database;
  readonly stores: Stores;
  readonly executor: Executor;
  /** What runs the images that the configuration names a container for. @default nothing: such jobs fail */
  readonly containers?: Executor | undefined;
  readonly home: HomePaths;
  readonly account: Account;
  /** What runs in place of images. @default nothing but what is known of them */
  readonly configuration?: Configuration;
  /** @default the system's */
  readonly clock?: () => Date;
  /** Between SIGTERM and SIGKILL, milliseconds. @default 120000, as SageMaker */
  readonly stopGraceMs?: number;
  /** Whose data stays in `<home>/jobs/<type>/<name>/<host>/opt/ml`. Logs always stay. @default 'failed' */
  readonly keepData?: KeepData;
  /** Where the AWS clients in jobs find the services of the home. @default nowhere */
  readonly services?: ServicesFor | undefined;
  /** Where given, no job runs: all pass through their statuses, after these delays. */
  readonly simulation?: Simulation | undefined;
  /** Runs the jobs in place of this process. @default they run in this process */
  readonly runnerProcess?: RunnerProcess | undefined;
  /** The other servers of the database: logs of jobs that have ended are put into the store for them. @default there are none */
  readonly peers?: Peers | undefined;
  /** What endpoints are given time for. @default SageMaker's own */
  readonly endpointLimits?: Partial<EndpointLimits>;
}

/** The jobs of one home, as SageMaker knows them. */
export interface Jobs {
  readonly training: JobService<CreateTrainingJobRequest, DescribeTrainingJobResponse>;
  readonly processing: JobService<CreateProcessingJobRequest, DescribeProcessingJobResponse>;
  readonly transform: JobService<CreateTransformJobRequest, DescribeTransformJobResponse>;
  readonly models: ModelService;
  readonly endpoints: EndpointService;
  /**
   * Accounts for every job of the home whose process is gone: one that RetryStrategy gives another attempt begins
   * anew, any other one ends, as InternalServerError or, where that was asked for, as stopped.
   */
  recover(): Promise<Recovery>;
  /** Runs a job that another process has committed as this one's. */
  take(job: HandedJob): Promise<void>;
  /** As {@link take}, for every job of this process that it does not run. @returns how many it begins to run. */
  takeOwn(): Promise<number>;
  /** Whether a job is this very process's to run. */
  owns(job: JobSummary): boolean;
  /** Begins to stop a job of this process. False where it does not run it. */
  stopOwn(type: JobType, name: string): Promise<boolean>;
  /** Looks for requests to stop jobs of this process now, not only in its time. */
  heedStopRequests(): void;
  /** Resolves once this process runs no job. */
  idle(): Promise<void>;
  /**
   * Ends the commands of the jobs that this object runs because the process ends: jobs with attempts left wait for the
   * next {@link recover}, the others end as InternalServerError. Idempotent.
   */
  interrupt(): Promise<void>;
  /** Stops the jobs that this object runs and waits for their end. Idempotent. */
  close(): Promise<void>;
}

const TRAINING: JobTypeDefinition<CreateTrainingJobRequest, DescribeTrainingJobResponse> = {
  type: 'training',
  resource: 'training-job',
  nameOf: (request) => request.TrainingJobName as string,
  validate: validateTraining,
  describe: describeTrainingJob,
  run: (life) =>
    life.context.simulation ? simulateTraining(life, life.context.simulation) : runTraining(life),
  maxRetries: (request) => request.RetryStrategy?.MaximumRetryAttempts ?? 0,
  maxRuntimeInSeconds: (request) => request.StoppingCondition?.MaxRuntimeInSeconds,
  dataDirectories: (request) => [...planHosts(request.ResourceConfig ?? {}).hosts, MERGED_DIRECTORY],
};

const PROCESSING: JobTypeDefinition<CreateProcessingJobRequest, DescribeProcessingJobResponse> = {
  type: 'processing',
  resource: 'processing-job',
  nameOf: (request) => request.ProcessingJobName as string,
  validate: validateProcessing,
  describe: describeProcessingJob,
  run: (life) =>
    life.context.simulation ? simulateProcessing(life, life.context.simulation) : runProcessing(life),
  maxRetries: () => 0,
  maxRuntimeInSeconds: (request) => request.StoppingCondition?.MaxRuntimeInSeconds,
  dataDirectories: (request) => [
    ...planHosts(request.ProcessingResources?.ClusterConfig ?? {}).hosts,
    MERGED_DIRECTORY,
  ],
};

function transformDefinition(
  models: ModelService,
): JobTypeDefinition<CreateTransformJobRequest, DescribeTransformJobResponse> {
  return {
    type: 'transform',
    resource: 'transform-job',
    nameOf: (request) => request.TransformJobName as string,
    validate: async (request) => {
      validateTransform(request);
      await models.get(request.ModelName ?? '');
    },
    describe: describeTransformJob,
    run: (life) =>
      life.context.simulation ? simulateTransform(life, life.context.simulation) : runTransform(life, models),
    maxRetries: () => 0,
    maxRuntimeInSeconds: () => undefined,
    dataDirectories: (request) => [...transformHosts(request), TRANSFORM_OUTPUT],
  };
}

function startClockOf(clock: JobsOptions['clock']): JobsContext['startClock'] {
  return clock ? () => () => clock().getTime() : startSteadyClock;
}

/** Makes the jobs of one home. Their records are seen by every process of the home. */
export function createJobs(options: JobsOptions): Jobs {
  const context: JobsContext = {
    state: options.state,
    stores: options.stores,
    executor: options.executor,
    containers: options.containers,
    home: options.home,
    account: options.account,
    configuration: options.configuration ?? DEFAULT_CONFIGURATION,
    clock: options.clock ?? (() => new Date()),
    startClock: startClockOf(options.clock),
    stopGraceMs: options.stopGraceMs ?? STOP_GRACE_MS,
    keepData: options.keepData ?? 'failed',
    changes: new JobChanges(),
    services: options.services,
    peers: options.peers,
    simulation: options.simulation,
  };
  const own = new JobRunner(context);
  const runner = options.runnerProcess ? new HandOver(options.state, options.runnerProcess) : own;
  const models = new ModelService(context);
  const endpoints = new EndpointService(context, models, { ...ENDPOINT_LIMITS, ...options.endpointLimits });
  const training = new JobService(context, runner, TRAINING);
  const processing = new JobService(context, runner, PROCESSING);
  const transform = new JobService(context, runner, transformDefinition(models));
  return {
    training,
    processing,
    transform,
    models,
    endpoints,
    async recover() {
      const each = [
        await training.recovery.recover(),
        await processing.recovery.recover(),
        await transform.recovery.recover(),
      ];
      await removeLeftUploads(context);
      return {
        begunAnew: each.flatMap(({ begunAnew }) => begunAnew),
        elsewhere: each.flatMap(({ elsewhere }) => elsewhere),
      };
    },
    take: (job) => ({ training, processing, transform })[job.type].recovery.take(job),
    takeOwn: async () =>
      (await training.recovery.takeOwn()) +
      (await processing.recovery.takeOwn()) +
      (await transform.recovery.takeOwn()),
    owns: (job) => training.recovery.owns(job),
    stopOwn: (type, name) => own.stop(type, name),
    heedStopRequests: () => runner.heedStopRequests(),
    idle: () => own.idle(),
    interrupt: async () => {
      await Promise.all([runner.interrupt(), endpoints.close()]);
    },
    close: async () => {
      await Promise.all([runner.close(), endpoints.close()]);
    },
  };
}
