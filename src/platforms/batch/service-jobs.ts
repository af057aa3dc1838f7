import type {
  BatchClient,
  DescribeServiceJobResponse,
  ListServiceJobsCommandInput,
  ServiceJobSummary,
  SubmitServiceJobCommandInput,
} from '@aws-sdk/client-batch';
import { SluiceError } from '../../core/errors.ts';
import type { AwsAccess } from '../aws/aws-access.ts';

/** A job of SageMaker's that AWS Batch queues. */
export type ServiceJob = Pick<DescribeServiceJobResponse, 'jobId' | 'jobName' | 'status'> &
  Partial<DescribeServiceJobResponse>;

/** Pages of a list that are asked for. */
const MOST_PAGES = 40;
/** In the order in which jobs go through them. */
const UNDER_WAY = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'SCHEDULED', 'STARTING', 'RUNNING'] as const;

/** What of AWS Batch's service jobs is used, with errors in Sluice's words. */
export class ServiceJobsApi {
  readonly #access: AwsAccess;

  constructor(access: AwsAccess) {
    this.#access = access;
  }

  /** @returns the job's id */
  async submit(job: SubmitServiceJobCommandInput): Promise<string> {
    const { SubmitServiceJobCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    const { jobId = '' } = await this.#access.call(`SubmitServiceJob '${job.jobName}'`, () =>
      batch.send(new SubmitServiceJobCommand(job)),
    );
    return jobId;
  }

  /** Undefined where Batch knows none, or has forgotten it. */
  async describe(jobId: string, signal?: AbortSignal): Promise<ServiceJob | undefined> {
    const { DescribeServiceJobCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    const command = new DescribeServiceJobCommand({ jobId });
    try {
      return await this.#access.call(`DescribeServiceJob '${jobId}'`, () =>
        batch.send(command, signal && { abortSignal: signal }),
      );
    } catch (error) {
      if (isUnknown(error)) return undefined;
      throw error;
    }
  }

  /** The ids of a queue's jobs of this name, the first of them first. */
  async named(jobQueue: string, name: string): Promise<string[]> {
    const found = await this.#list({ jobQueue, filters: [{ name: 'JOB_NAME', values: [name] }] });
    // The filter heeds no case.
    const own = found.filter(({ jobName }) => jobName === name);
    return own.sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0)).flatMap(({ jobId }) => jobId ?? []);
  }

  /** A queue's jobs that have not ended, as far as lists tell of them, by id. */
  async underWay(
    jobQueue: string,
    turn: () => Promise<void>,
  ): Promise<ReadonlyMap<string, ServiceJobSummary>> {
    const found = new Map<string, ServiceJobSummary>();
    for (const jobStatus of UNDER_WAY)
      for (const job of await this.#list({ jobQueue, jobStatus }, turn)) found.set(job.jobId ?? '', job);
    return found;
  }

  async #list(
    query: ListServiceJobsCommandInput & { readonly jobQueue: string },
    turn: () => Promise<void> = () => Promise.resolve(),
  ): Promise<ServiceJobSummary[]> {
    const { ListServiceJobsCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    const found: ServiceJobSummary[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      await turn();
      const command = new ListServiceJobsCommand({ ...query, nextToken });
      const answer = await this.#access.call(`ListServiceJobs of '${query.jobQueue}'`, () =>
        batch.send(command),
      );
      found.push(...(answer.jobSummaryList ?? []));
      nextToken = answer.nextToken;
      if (nextToken === undefined) break;
    }
    return found;
  }

  /** Also where the job has not begun; one that has ended stays as it is. */
  async terminate(jobId: string, reason: string): Promise<void> {
    const { TerminateServiceJobCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    const command = new TerminateServiceJobCommand({ jobId, reason });
    try {
      await this.#access.call(`TerminateServiceJob '${jobId}'`, () => batch.send(command));
    } catch (error) {
      if (!isUnknown(error)) throw error;
    }
  }

  #client(): Promise<BatchClient> {
    return this.#access.client(
      'Batch',
      async (config) => new (await import('@aws-sdk/client-batch')).BatchClient(config),
    );
  }
}

/** Batch has one error for all that is wrong with a request; of these two there is nothing else that could be. */
function isUnknown(error: unknown): boolean {
  return error instanceof SluiceError && error.details['awsError'] === 'ClientException';
}
