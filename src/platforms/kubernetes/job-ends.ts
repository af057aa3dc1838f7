import { createHash } from 'node:crypto';
import { MAX_DOCUMENT_BYTES, openAgentDocument } from '../../contract/agent-document.ts';
import { agentUris } from '../../contract/agent-places.ts';
import { MAX_RESULT_BYTES, openAgentResult } from '../../contract/agent-result.ts';
import { SluiceError } from '../../core/errors.ts';
import type { EndingJobTask } from '../../graph/index.ts';
import { type ObjectStore, readSmall } from '../../objects/index.ts';
import { KeptEnds } from '../agent-jobs/kept-ends.ts';
import { tellMissingProgram } from '../agent-jobs/missing-program.ts';
import { readDocument, readResult } from '../agent-jobs/read-result.ts';
import type { JobHandle } from '../job-handle.ts';
import type { JobStatus } from '../platform.ts';
import { describedStatus } from '../sagemaker/described-status.ts';
import type { Cluster } from './cluster.ts';
import { MARKS, objectName } from './cluster-names.ts';
import { type LogSources, logTail } from './job-logs.ts';
import { refOf } from './job-ref.ts';
import { describeJob } from './job-result.ts';
import type { JobState } from './job-state.ts';
import type { FoundJob, KeptJob } from './kept-objects.ts';
import { resultsUri } from './prepare-job.ts';

/** Where ends are read from. */
export interface JobEndsOptions {
  readonly platform: string;
  readonly cluster: Cluster;
  /** The S3 of the pods. */
  readonly store: ObjectStore;
  readonly bucket: string;
}

const LOG_TAIL_LINES = 20;

/** What jobs came to, by what their agents have left. */
export class JobEnds {
  readonly #options: JobEndsOptions;
  readonly #ends = new KeptEnds();

  constructor(options: JobEndsOptions) {
    this.#options = options;
  }

  /** What a job came to, read once. */
  read(handle: JobHandle, job: KeptJob, state: JobState): Promise<JobStatus> {
    return this.#ends.of(endKey(job), () => this.#read(handle, job, state));
  }

  /** Whether all its agents have done their work. */
  async hasResult({ annotations: { [MARKS.results]: results = '' } }: KeptJob): Promise<boolean> {
    const { store } = this.#options;
    return (await readSmall(store, agentUris(results).result, MAX_RESULT_BYTES)) !== undefined;
  }

  async #read(handle: JobHandle, job: KeptJob, state: JobState): Promise<JobStatus> {
    const { store, cluster } = this.#options;
    const {
      [MARKS.results]: results = '',
      [MARKS.digest]: digest = '',
      [MARKS.attempt]: attempt = '',
    } = job.annotations;
    const uris = agentUris(results);
    const document = await readDocument(store, uris.document, digest);
    const key = () => cluster.keyOf(attempt);
    const { result, why } = await readResult(store, uris.result, { key, digest, attempt });
    const { description, displaced } = describeJob(document, state, result, why);
    const sources = this.logSources(handle, job, false);
    const described = await describedStatus(handle.jobType as EndingJobTask['type'], description, {
      store,
      logTail: () => logTail(sources, LOG_TAIL_LINES),
    });
    const status = tellMissingProgram(described, document);
    return displaced ? { ...status, displaced } : status;
  }

  /** A job that the cluster has removed, by what it has left. @throws SluiceError `JobNotFound` */
  async remembered(handle: JobHandle): Promise<JobStatus> {
    const ref = refOf(handle);
    if (!ref) throw unknownJob(handle);
    const { store, bucket, cluster, platform } = this.#options;
    const uris = agentUris(
      resultsUri(bucket, platform, ref.namespace, objectName(handle.jobName), ref.attempt),
    );
    const text = await readSmall(store, uris.document, MAX_DOCUMENT_BYTES);
    const bytes = await readSmall(store, uris.result, MAX_RESULT_BYTES);
    if (!text || !bytes) throw unknownJob(handle);
    const digest = createHash('sha256').update(text).digest('hex');
    const { attempt } = ref;
    const result = openAgentResult(bytes, { key: await cluster.keyOf(attempt), digest, attempt });
    const ended = new Date(result.endedAt);
    const state: JobState = {
      phase: 'ended',
      secondaryStatus: 'Completed',
      createdAt: ended,
      endedAt: ended,
    };
    const { description } = describeJob(openAgentDocument(text, digest), state, result, undefined);
    return describedStatus(handle.jobType as EndingJobTask['type'], description, {
      store,
      logTail: async () => [],
    });
  }

  /** Where a job's log is read from. */
  logSources(handle: JobHandle, job: KeptJob | undefined, isFollowed: boolean): LogSources {
    const { cluster, store, bucket, platform } = this.#options;
    const name = objectName(handle.jobName);
    const ref = refOf(handle);
    const kept = ref ? resultsUri(bucket, platform, ref.namespace, name, ref.attempt) : '';
    return {
      cluster,
      store,
      results: job?.annotations[MARKS.results] ?? kept,
      hosts: Number(job?.annotations[MARKS.hosts] ?? 1),
      find: async () => ownJob(handle, isFollowed ? await cluster.mirrored(name) : await cluster.find(name)),
    };
  }
}

/** What is found under the name of a handle's job, unless it is another one. Pure. */
export function ownJob(handle: JobHandle, found: FoundJob | undefined): FoundJob | undefined {
  if (!found) return undefined;
  const { annotations } = found.job;
  const ref = refOf(handle);
  const isOther =
    annotations[MARKS.jobName] !== handle.jobName ||
    annotations[MARKS.jobType] !== handle.jobType ||
    (ref !== undefined && annotations[MARKS.attempt] !== ref.attempt);
  return isOther ? undefined : found;
}

/** For who asks for a job that is not there. */
export function unknownJob({ jobType, jobName }: JobHandle): SluiceError {
  return new SluiceError('JobNotFound', `The cluster knows no ${jobType} job '${jobName}'.`);
}

function endKey({ uid, annotations }: KeptJob): string {
  return `${uid}/${annotations[MARKS.attempt]}`;
}
