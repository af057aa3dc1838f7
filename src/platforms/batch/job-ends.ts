import type { JobDetail } from '@aws-sdk/client-batch';
import type { AgentDocument } from '../../contract/agent-document.ts';
import { agentUris, tryOf } from '../../contract/agent-places.ts';
import { type AgentResult, deriveAgentKey } from '../../contract/agent-result.ts';
import type { EndingJobTask } from '../../graph/index.ts';
import { describeEnd, type JobEnd, type JobTimes } from '../agent-jobs/describe-end.ts';
import { KeptEnds } from '../agent-jobs/kept-ends.ts';
import { readDocument, readResult } from '../agent-jobs/read-result.ts';
import type { AwsSite } from '../aws/aws-site.ts';
import type { JobHandle } from '../job-handle.ts';
import type { JobStatus } from '../platform.ts';
import { describedStatus } from '../sagemaker/described-status.ts';
import type { AgentSecret } from './agent-secret.ts';
import { type BatchState, endOfJob, TAGS } from './batch-state.ts';
import { shellFailure } from './container-reasons.ts';
import { JobClaim } from './job-claim.ts';
import { resultsUri } from './prepare-job.ts';
import { unknownJob } from './unknown-job.ts';

/** Where ends are read from. */
export interface JobEndsOptions {
  readonly site: AwsSite;
  readonly secret: AgentSecret;
  /** How often Batch begins a job. */
  readonly tries: number;
  readonly logTail: (handle: JobHandle) => Promise<string[]>;
}

/** What jobs came to, by what their agents have left. */
export class JobEnds {
  readonly #options: JobEndsOptions;
  readonly #ends = new KeptEnds();

  constructor(options: JobEndsOptions) {
    this.#options = options;
  }

  has(handle: JobHandle): boolean {
    return this.#ends.has(endKey(handle));
  }

  /** What a job came to, read once. @param job absent where Batch has forgotten it, or need not be asked any more */
  of(handle: JobHandle, job?: { readonly job: JobDetail; readonly state: BatchState }): Promise<JobStatus> {
    return this.#ends.of(endKey(handle), () =>
      job ? this.#read(handle, job.job, job.state) : this.#remembered(handle),
    );
  }

  async #read(handle: JobHandle, job: JobDetail, state: BatchState): Promise<JobStatus> {
    const digest = job.tags?.[TAGS.digest] ?? '';
    const { document, result, why } = await this.#left(handle, digest, triesOf(job, state));
    const told = endOfJob(job, result, why);
    const lines = told.status === 'Failed' ? await this.#options.logTail(handle).catch(() => []) : [];
    const logTail = () => Promise.resolve(lines);
    // An init did start, so that neither ECS nor the agent knows.
    const end = { ...told, ...withoutShell(told.status, lines) };
    const status = await this.#describe(handle, describeEnd(document, state, end, result), logTail);
    return end.displaced ? { ...status, displaced: end.displaced } : status;
  }

  /** A job that Batch has forgotten, by what it has left. @throws SluiceError `JobNotFound` */
  async #remembered(handle: JobHandle): Promise<JobStatus> {
    const { store, bucket } = await this.#options.site.connect();
    const known = await new JobClaim(store, resultsUri(bucket, handle.jobName)).read();
    if (!known || known.id !== handle.ref) throw unknownJob(handle);
    let found: { readonly result: AgentResult; readonly document: AgentDocument } | undefined;
    for (let number = 1; number <= this.#options.tries; number++) {
      const { result, document } = await this.#left(handle, known.request, number);
      if (result) found = { result, document };
    }
    if (!found || typeOf(found.document) !== handle.jobType) throw unknownJob(handle);
    const { result, document } = found;
    const endedAt = new Date(result.endedAt);
    const times: JobTimes = { createdAt: endedAt, endedAt };
    const end = endOfJob({} as JobDetail, result, undefined);
    return this.#describe(handle, describeEnd(document, times, end, result), async () => []);
  }

  async #describe(
    { jobType }: JobHandle,
    description: object,
    logTail: () => Promise<string[]>,
  ): Promise<JobStatus> {
    const { store } = await this.#options.site.connect();
    return describedStatus(jobType as EndingJobTask['type'], description, { store, logTail });
  }

  /** What the agent of one try has left. @throws SluiceError where not even the job's document is there */
  async #left({ jobName, ref: jobId = '' }: JobHandle, digest: string, number: number) {
    const { store, bucket } = await this.#options.site.connect();
    const document = await readDocument(store, agentUris(resultsUri(bucket, jobName)).document, digest);
    const { attempt, results } = tryOf(document, { jobId, number });
    const key = async () => deriveAgentKey(await this.#options.secret.value(), document.attempt);
    return { document, ...(await readResult(store, agentUris(results).result, { key, digest, attempt })) };
  }
}

/** The children of an array are tried again each by itself, and leave all in one place. */
function triesOf({ arrayProperties }: JobDetail, { tries }: BatchState): number {
  return arrayProperties?.size === undefined ? tries : 1;
}

function typeOf({ jobType }: AgentDocument): EndingJobTask['type'] {
  return jobType === 'transform' ? 'batch_transform' : jobType;
}

function withoutShell(status: JobEnd['status'], lines: readonly string[]): Pick<JobEnd, 'reason'> {
  const reason = status === 'Failed' ? shellFailure(lines) : undefined;
  return reason === undefined ? {} : { reason };
}

function endKey({ jobType, jobName, ref }: JobHandle): string {
  return JSON.stringify([jobType, jobName, ref]);
}
