import { createHash } from 'node:crypto';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { SluiceError } from '../../core/errors.ts';
import type { TrainingQueueSettings } from '../../core/platforms-settings.ts';
import type { AwsAccess } from '../aws/aws-access.ts';
import type { JobHandle } from '../job-handle.ts';
import type { JobStatus } from '../platform.ts';
import { Poller, type PollerTimes } from '../poller.ts';
import { BatchApi } from './batch-api.ts';
import { END_REASONS, TAGS } from './batch-state.ts';
import { requireQueue } from './check-batch.ts';
import { describeServiceJob, isEnded, trainingJobOf } from './describe-service-job.ts';
import { QueueBoard, type QueueBoardOptions } from './queue-board.ts';
import { type ServiceJob, ServiceJobsApi } from './service-jobs.ts';

/** What a queue needs of the platform whose jobs it has. */
export interface TrainingQueueOptions extends Pick<QueueBoardOptions, 'turn'> {
  readonly access: AwsAccess;
  readonly settings: TrainingQueueSettings;
  /** What SageMaker's DescribeTrainingJob says; undefined where it knows no such job. */
  readonly describeTraining: (name: string, signal?: AbortSignal) => Promise<object | undefined>;
  /** All that is known of a queued job. @throws SluiceError `JobNotFound` */
  readonly status: QueueBoardOptions['describe'];
  /** What a description alone says. */
  readonly summary: (description: object) => Promise<JobStatus>;
  readonly times?: Partial<PollerTimes> | undefined;
}

/** Jobs in one question: lists tell of all. */
const AT_ONCE = 10_000;

/**
 * SageMaker's training jobs in a queue of AWS Batch: they wait there for room, in the order of their shares and priorities,
 * and Batch begins a job anew where SageMaker had none.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/service-jobs.html
 */
export class TrainingQueue {
  readonly #options: TrainingQueueOptions;
  readonly #settings: TrainingQueueSettings;
  readonly #queues: BatchApi;
  readonly #jobs: ServiceJobsApi;
  readonly #poller: Poller;

  constructor(options: TrainingQueueOptions) {
    const { access, settings, turn, status, summary, times } = options;
    this.#options = options;
    this.#settings = settings;
    this.#queues = new BatchApi(access);
    this.#jobs = new ServiceJobsApi(access);
    const board = new QueueBoard({
      turn,
      describe: status,
      list: (signal) => this.#underWay(() => turn(signal)),
      summary: (job) => summary(describeServiceJob(job, undefined)),
    });
    this.#poller = new Poller({
      statusOf: (handles, signal) => board.statuses(handles, signal),
      batchSize: AT_ONCE,
      isThrottled: (error) => error instanceof SluiceError && error.code === 'Throttled',
      ...(times && { times }),
    });
  }

  /** @throws SluiceError `InvalidArgument` where there is no such queue, or it takes no training jobs */
  check(): Promise<string> {
    return requireQueue(this.#queues, this.#settings, 'platforms.sagemaker.training.jobQueue');
  }

  /** Queues a training job, once. @returns its id @throws SluiceError `JobNameTaken` */
  async submit({ Tags: tags = [], ...request }: CreateTrainingJobRequest): Promise<string> {
    const queue = await this.check();
    const jobName = request.TrainingJobName as string;
    const payload = JSON.stringify(request);
    const digest = createHash('sha256').update(`${jobName}\n${payload}`).digest('hex');
    const known = await this.#find(queue, jobName, digest);
    if (known !== undefined) return known;
    const { shareIdentifier, schedulingPriority } = this.#settings;
    try {
      return await this.#jobs.submit({
        jobName,
        jobQueue: queue,
        serviceJobType: 'SAGEMAKER_TRAINING',
        serviceRequestPayload: payload,
        // What there is no room for does not count as a try. All other failures are the run's to try again.
        retryStrategy: { attempts: 1 },
        clientToken: digest,
        ...(shareIdentifier !== undefined && { shareIdentifier }),
        ...(schedulingPriority !== undefined && { schedulingPriority }),
        tags: {
          ...Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value])),
          [TAGS.jobName]: jobName,
          [TAGS.digest]: digest,
        },
      });
    } catch (error) {
      // Of two at the same moment one is refused: the job of the other one is its own.
      const other = await this.#find(queue, jobName, digest).catch(() => undefined);
      if (other === undefined) throw error;
      return other;
    }
  }

  /** The status now and after each change, of a job that is queued. */
  watch(handle: JobHandle, options: { readonly signal?: AbortSignal }): AsyncGenerator<JobStatus> {
    return this.#poller.watch(handle, options);
  }

  /** As DescribeTrainingJob tells of jobs. Undefined where nobody knows it. */
  async describe(id: string, jobName: string, signal?: AbortSignal): Promise<object | undefined> {
    const { describeTraining } = this.#options;
    const job = await this.#jobs.describe(id, signal);
    if (!job) return describeTraining(jobName, signal);
    const name = trainingJobOf(job);
    return describeServiceJob(job, name === undefined ? undefined : await describeTraining(name, signal));
  }

  /** The training job that the latest try is, by name. */
  async trainingJob(id: string, jobName: string): Promise<string | undefined> {
    const job = await this.#jobs.describe(id);
    return job ? trainingJobOf(job) : jobName;
  }

  async cancel(id: string): Promise<void> {
    const job = await this.#jobs.describe(id);
    if (job && !isEnded(job)) await this.#jobs.terminate(id, END_REASONS.stopped);
  }

  /** Stops watching. */
  close(): void {
    this.#poller.close();
  }

  /** The jobs that have not ended, by id; none where no queue is named. */
  async #underWay(turn: () => Promise<void>): Promise<ReadonlyMap<string, ServiceJob>> {
    const { jobQueue } = this.#settings;
    const jobs = jobQueue === undefined ? [] : await this.#jobs.underWay(jobQueue, turn);
    return new Map([...jobs].map(([id, job]) => [id, job as ServiceJob]));
  }

  async #find(queue: string, jobName: string, digest: string): Promise<string | undefined> {
    const jobs: (ServiceJob | undefined)[] = [];
    for (const id of await this.#jobs.named(queue, jobName)) jobs.push(await this.#jobs.describe(id));
    const own = jobs.filter((job) => job?.tags?.[TAGS.jobName] === jobName);
    if (own.length === 0) return undefined;
    const same = own.find((job) => job?.tags?.[TAGS.digest] === digest);
    if (same) return same.jobId;
    throw new SluiceError(
      'JobNameTaken',
      `The queue '${queue}' of AWS Batch has a job '${jobName}' already, made by another request.`,
      { hint: 'Begin a new run, or take another name.' },
    );
  }
}
