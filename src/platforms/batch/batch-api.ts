import type {
  BatchClient,
  JobDetail,
  JobQueueDetail,
  JobSummary,
  RegisterJobDefinitionCommandInput,
  SubmitJobCommandInput,
} from '@aws-sdk/client-batch';
import type { AwsAccess } from '../aws/aws-access.ts';

/** Jobs that DescribeJobs takes at once. */
export const JOBS_AT_ONCE = 100;
/** Pages of a list that are asked for: no name has more jobs. */
const MOST_PAGES = 20;

/** What of AWS Batch is used, with errors in Sluice's words. */
export class BatchApi {
  readonly #access: AwsAccess;
  /** ARNs by names, which say what is in them. */
  readonly #definitions = new Map<string, string>();

  constructor(access: AwsAccess) {
    this.#access = access;
  }

  /** Undefined where there is no such queue. */
  async queue(name: string): Promise<JobQueueDetail | undefined> {
    const { DescribeJobQueuesCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    const command = new DescribeJobQueuesCommand({ jobQueues: [name] });
    const { jobQueues = [] } = await this.#access.call(`DescribeJobQueues '${name}'`, () =>
      batch.send(command),
    );
    return jobQueues[0];
  }

  /** Registers a definition that is named by its content, once. @returns its ARN, with its revision */
  async define(
    definition: RegisterJobDefinitionCommandInput & { jobDefinitionName: string },
  ): Promise<string> {
    const { jobDefinitionName: name } = definition;
    const known = this.#definitions.get(name) ?? (await this.#definition(name));
    const arn = known ?? (await this.#register(definition));
    this.#definitions.set(name, arn);
    return arn;
  }

  /** Somebody has deregistered it. */
  forget(name: string): void {
    this.#definitions.delete(name);
  }

  /** @returns the job's id */
  async submit(job: SubmitJobCommandInput): Promise<string> {
    const { SubmitJobCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    const { jobId = '' } = await this.#access.call(`SubmitJob '${job.jobName}'`, () =>
      batch.send(new SubmitJobCommand(job)),
    );
    return jobId;
  }

  /** At most {@link JOBS_AT_ONCE}. Of those that Batch does not know there is nothing in the answer. */
  async describe(ids: readonly string[], signal?: AbortSignal): Promise<Map<string, JobDetail>> {
    const { DescribeJobsCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    const command = new DescribeJobsCommand({ jobs: [...ids] });
    const { jobs = [] } = await this.#access.call('DescribeJobs', () =>
      batch.send(command, signal && { abortSignal: signal }),
    );
    return new Map(jobs.map((job) => [job.jobId ?? '', job]));
  }

  /** The jobs of a name in a queue, the first of them first. */
  async named(queue: string, name: string): Promise<JobSummary[]> {
    const { ListJobsCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    const found: JobSummary[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const filters = [{ name: 'JOB_NAME', values: [name] }];
      const command = new ListJobsCommand({ jobQueue: queue, filters, nextToken });
      const answer = await this.#access.call(`ListJobs of '${queue}'`, () => batch.send(command));
      // The filter heeds no case.
      found.push(...(answer.jobSummaryList ?? []).filter(({ jobName }) => jobName === name));
      nextToken = answer.nextToken;
      if (nextToken === undefined) break;
    }
    return found.sort(
      (a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0) || ((a.jobId ?? '') < (b.jobId ?? '') ? -1 : 1),
    );
  }

  /** The jobs of an array, or the nodes of a job of several. */
  async children(id: string, of: 'array' | 'nodes'): Promise<JobSummary[]> {
    const { ListJobsCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    const parent = of === 'array' ? { arrayJobId: id } : { multiNodeJobId: id };
    const found: JobSummary[] = [];
    for (const jobStatus of ['RUNNING', 'SUCCEEDED', 'FAILED'] as const) {
      let nextToken: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const command = new ListJobsCommand({ ...parent, jobStatus, nextToken });
        const answer = await this.#access.call(`ListJobs of '${id}'`, () => batch.send(command));
        found.push(...(answer.jobSummaryList ?? []));
        nextToken = answer.nextToken;
        if (nextToken === undefined) break;
      }
    }
    return found;
  }

  /** Also where the job has not begun; one that has ended stays as it is. */
  async terminate(jobId: string, reason: string): Promise<void> {
    const { TerminateJobCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    await this.#access.call(`TerminateJob '${jobId}'`, () =>
      batch.send(new TerminateJobCommand({ jobId, reason })),
    );
  }

  async #definition(name: string): Promise<string | undefined> {
    const { DescribeJobDefinitionsCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    const command = new DescribeJobDefinitionsCommand({ jobDefinitionName: name, status: 'ACTIVE' });
    const { jobDefinitions = [] } = await this.#access.call(`DescribeJobDefinitions '${name}'`, () =>
      batch.send(command),
    );
    return jobDefinitions[0]?.jobDefinitionArn;
  }

  async #register(definition: RegisterJobDefinitionCommandInput): Promise<string> {
    const { RegisterJobDefinitionCommand } = await import('@aws-sdk/client-batch');
    const batch = await this.#client();
    const { jobDefinitionArn = '' } = await this.#access.call(
      `RegisterJobDefinition '${definition.jobDefinitionName}'`,
      () => batch.send(new RegisterJobDefinitionCommand(definition)),
    );
    return jobDefinitionArn;
  }

  #client(): Promise<BatchClient> {
    return this.#access.client(
      'Batch',
      async (config) => new (await import('@aws-sdk/client-batch')).BatchClient(config),
    );
  }
}
