import { resourceArn } from '../contract/arns.ts';
import { SluiceError } from '../core/errors.ts';
import { mapAtOnce } from '../core/for-each-at-once.ts';
import { jobDirectory } from '../core/home.ts';
import { isPassing } from '../core/is-passing.ts';
import { pollUntil } from '../core/poll-until.ts';
import { removeTree } from '../core/tree/index.ts';
import {
  createJob,
  deleteJob,
  getJob,
  getJobByIdempotencyKey,
  isEnded,
  isLeaseLost,
  type JobFilter,
  type JobRecord,
  type JobSummary,
  listEvents,
  listJobSummaries,
  listJobs,
  requestStop,
  type StateEvent,
} from '../state/index.ts';
import type { JobsContext } from './context.ts';
import { jobMessages } from './job-messages.ts';
import { JobRecovery } from './job-recovery.ts';
import type { JobTypeDefinition } from './job-type-definition.ts';
import { logsOf, ownLogs } from './logs/job-logs.ts';
import { LogFile } from './logs/log-file.ts';
import { type ReadLogLine, readLogs, readLogTail } from './logs/log-reader.ts';
import type { LogPlace } from './logs/log-source.ts';
import { removeStoredLogs, storedLogsUri } from './logs/stored-logs.ts';
import { isOrphan, reapOrphan, rosterFor } from './orphans.ts';
import { isPeerUnavailable } from './peers.ts';
import type { Runner } from './runner.ts';
import { watchJob } from './watch.ts';

/** Jobs without a process that are accounted for at the same time. */
const REAPED_AT_ONCE = 16;

/** How a job is started. */
export interface StartJobOptions {
  /** The same key twice is one job: the second call describes the first one's. */
  readonly idempotencyKey?: string | undefined;
  /** Kept with the job as JSON, for who starts it. */
  readonly details?: unknown;
  /** For requests that have no StoppingCondition of their own. */
  readonly maxRuntimeInSeconds?: number | undefined;
}

/** How a log is read. */
export interface JobLogOptions {
  /** One stream alone, `algo-1`. */
  readonly stream?: string | undefined;
  /** Where to begin in each stream: the `end` of a line. @default 0 */
  readonly from?: ReadonlyMap<string, number> | undefined;
  /** Goes on until the job has ended. */
  readonly follow?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How long a request to stop waits to be heeded, milliseconds. */
const HEED_MS = { everyMs: 20, limitMs: 2000 };

/** The jobs of one type: `Request` is SageMaker's Create request, `Description` its Describe answer. */
export class JobService<Request, Description> {
  readonly #context: JobsContext;
  readonly #runner: Runner;
  readonly #definition: JobTypeDefinition<Request, Description>;

  /** What other processes have left of such jobs. */
  readonly recovery: JobRecovery<Request, Description>;

  constructor(context: JobsContext, runner: Runner, definition: JobTypeDefinition<Request, Description>) {
    this.#context = context;
    this.#runner = runner;
    this.#definition = definition;
    this.recovery = new JobRecovery(context, runner, definition);
  }

  /**
   * Accepts a job and starts it. Resolves once it is committed as InProgress, with its ARN.
   *
   * @throws SluiceError `InvalidArgument`, `JobNameTaken`
   */
  async start(request: Request, options: StartJobOptions = {}): Promise<string> {
    const { type, resource, nameOf, validate } = this.#definition;
    const known = await this.findByIdempotencyKey(options.idempotencyKey);
    if (known) return known.arn;
    await validate(request);
    const name = nameOf(request);
    const now = this.#context.clock().getTime();
    let record: JobRecord<Request> = {
      type,
      name,
      arn: resourceArn(this.#context.account, resource, name),
      status: 'InProgress',
      secondaryStatus: 'Starting',
      createdAt: now,
      modifiedAt: now,
      request,
      progress: {
        transitions: [{ status: 'Starting', startedAt: now, message: jobMessages(type).starting }],
      },
      ...(options.details !== undefined && { details: options.details }),
      lease: { worker: '', fence: 0 },
    };
    try {
      record = await this.#create(record, options.idempotencyKey);
    } catch (error) {
      // Someone else may have been quicker with the same key.
      const same = await this.findByIdempotencyKey(options.idempotencyKey);
      if (same) return same.arn;
      throw error;
    }
    this.#runner.start(record, this.#definition, options.maxRuntimeInSeconds);
    return record.arn;
  }

  /** A worker that has lost its lease meanwhile gives way to another one, once. */
  async #create(record: JobRecord<Request>, key: string | undefined): Promise<JobRecord<Request>> {
    for (let tries = 1; ; tries++) {
      const worker = await this.#runner.worker();
      const own = { ...record, lease: { worker, fence: 1 } };
      try {
        await createJob(this.#context.state, own, key);
        return own;
      } catch (error) {
        if (!isLeaseLost(error) || tries === 2) throw error;
        await this.#runner.forget(worker);
      }
    }
  }

  /** What SageMaker's Describe answers. @throws SluiceError `JobNotFound` */
  async describe(name: string): Promise<Description> {
    return this.#definition.describe(await this.record(name));
  }

  /** The job as it is kept. @throws SluiceError `JobNotFound` */
  async record(name: string): Promise<JobRecord<Request>> {
    const record = await this.find(name);
    if (record) return record;
    throw new SluiceError('JobNotFound', `No ${this.#definition.type} job is called '${name}'.`, {
      hint: "'sluice jobs ls' shows the jobs of this home.",
    });
  }

  /** As {@link record}, or undefined. */
  async find(name: string): Promise<JobRecord<Request> | undefined> {
    const record = await getJob<Request>(this.#context.state, this.#definition.type, name);
    return record && this.#reaped(record);
  }

  /** The job that was started with this key. */
  async findByIdempotencyKey(key: string | undefined): Promise<JobRecord<Request> | undefined> {
    if (key === undefined) return undefined;
    const record = await getJobByIdempotencyKey<Request>(this.#context.state, this.#definition.type, key);
    return record && this.#reaped(record);
  }

  async #reaped(record: JobRecord<Request>): Promise<JobRecord<Request>> {
    const roster = await rosterFor(this.#context, [record]);
    return reapOrphan(this.#context, roster, record, this.#definition);
  }

  /** Records, filtered and sorted as SageMaker's List operations do. */
  async list(filter: JobFilter = {}): Promise<JobRecord<Request>[]> {
    const records = await listJobs<Request>(this.#context.state, this.#definition.type, filter);
    const roster = await rosterFor(this.#context, records);
    return mapAtOnce(records, REAPED_AT_ONCE, async (each) =>
      reapOrphan(this.#context, roster, each, this.#definition),
    );
  }

  /** As {@link list}, without what the jobs were asked and have come to. */
  async listSummaries(filter: JobFilter = {}): Promise<JobSummary[]> {
    const summaries = await listJobSummaries(this.#context.state, this.#definition.type, filter);
    const roster = await rosterFor(this.#context, summaries);
    // A list has many jobs and hardly ever an orphan: no promise is made for each.
    for (const [index, each] of summaries.entries()) {
      if (isOrphan(this.#context, roster, each)) summaries[index] = (await this.find(each.name)) ?? each;
    }
    return summaries;
  }

  /**
   * Asks a job to stop, whichever process runs it. Resolves once that is committed and, unless that process is busy
   * for long, heeded: Describe then says Stopping, as SageMaker's does. A job that has ended stays as it is.
   *
   * @throws SluiceError `JobNotFound`
   */
  async stop(name: string): Promise<void> {
    const { type } = this.#definition;
    const record = await this.record(name);
    if (isEnded(record.status) || (await this.#runner.stop(type, name))) return;
    try {
      await requestStop(this.#context.state, type, name);
      this.#runner.heedStopRequests();
    } catch (error) {
      // A stop that cannot be written must reach the job all the same.
      if (!isPassing(error) || !this.#runner.tellStop({ type, name, worker: record.lease.worker }))
        throw error;
    }
    const isHeeded = async (): Promise<boolean> => {
      const now = await getJob(this.#context.state, type, name);
      if (now?.status !== 'InProgress') return true;
      return isOrphan(this.#context, await rosterFor(this.#context, [now]), now);
    };
    await pollUntil(isHeeded, HEED_MS);
  }

  /** The job at its end. @throws SluiceError `JobNotFound` */
  async wait(
    name: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Description> {
    for await (const record of this.watch(name, options)) {
      if (isEnded(record.status)) {
        await this.#runner.settled(this.#definition.type, name);
        return this.#definition.describe(record);
      }
    }
    throw options.signal?.reason;
  }

  /** Removes a job that has ended, with its logs and data. What it uploaded stays. @returns false for one that has not */
  async remove(job: JobSummary): Promise<boolean> {
    if (!(await deleteJob(this.#context.state, job, this.#context.clock().getTime()))) return false;
    await removeTree(this.directory(job.name));
    const { peers, stores, account } = this.#context;
    if (peers) await removeStoredLogs(stores, storedLogsUri(account, job));
    return true;
  }

  /** The record now and after each change, whichever process runs the job; ends with the job. */
  watch(
    name: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<JobRecord<Request>> {
    return watchJob({
      changes: this.#context.changes,
      type: this.#definition.type,
      name,
      read: () => this.record(name),
      local: () => this.#runner.has(this.#definition.type, name),
      signal: options.signal,
    }) as AsyncGenerator<JobRecord<Request>>;
  }

  /** Log lines, several hosts merged by time. @throws SluiceError `JobNotFound` */
  async *logs(name: string, options: JobLogOptions = {}): AsyncGenerator<ReadLogLine> {
    await this.record(name);
    let ended = false;
    const watching = options.follow && this.wait(name, options).then(endFollow, endFollow);
    function endFollow(): void {
      ended = true;
    }
    yield* readLogs({
      place: () => this.#logs(name),
      stream: options.stream,
      from: options.from,
      signal: options.signal,
      ...(watching && { follow: () => ended }),
    });
  }

  /** What has happened to the job, oldest first. */
  async events(name: string): Promise<StateEvent[]> {
    return listEvents(this.#context.state, { kind: 'job', subject: `${this.#definition.type}/${name}` });
  }

  /** The last lines of one stream; none where the machine that has them is away: what became of the job is known without. */
  async logTail(name: string, count: number, stream = 'algo-1'): Promise<string[]> {
    try {
      return await readLogTail(await this.#logs(name), stream, count);
    } catch (error) {
      if (isPeerUnavailable(error)) return [];
      throw error;
    }
  }

  /** Names of the job's log streams. */
  async logStreams(name: string): Promise<string[]> {
    return (await this.#logs(name)).streams();
  }

  /** One log stream, to be closed; undefined where there is none. */
  async openLog(name: string, stream: string): Promise<LogFile | undefined> {
    return LogFile.in(this.#context.peers ? await this.#logs(name) : this.ownLogs(name), stream);
  }

  /** The logs of a job that lie on this machine, also of one that there is not. */
  ownLogs(name: string): LogPlace {
    return ownLogs(this.#context, { type: this.#definition.type, name });
  }

  /** The directory of a job, also of one that there is not. */
  directory(name: string): string {
    return jobDirectory(this.#context.home, { type: this.#definition.type, name });
  }

  async #logs(name: string): Promise<LogPlace> {
    return logsOf(this.#context, await this.record(name));
  }
}
