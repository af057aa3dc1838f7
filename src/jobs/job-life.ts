import { join } from 'node:path';
import { jobDirectory, LOGS_DIRECTORY } from '../core/home.ts';
import type { Executor } from '../executors/index.ts';
import type {
  JobFailed,
  JobOutcome,
  JobProgress,
  JobRecord,
  JobType,
  ProcessIdentity,
  StopReason,
} from '../state/index.ts';
import { isEnded, isLeaseLost, jobEvent } from '../state/index.ts';
import type { JobsContext } from './context.ts';
import { jobMessages } from './job-messages.ts';
import { MetricBuffer } from './metrics/metric-buffer.ts';
import { RecordKeeper } from './record-keeper.ts';
import { within } from './within.ts';

/** How long a change waits to be written before the job goes on without it; a stop waits less. Milliseconds. */
const WRITE_LIMIT_MS = { change: 10_000, stop: 500 };

/** Leaves the life of a job that is being stopped. */
export class JobStopping extends Error {}

type Changes = Partial<
  Pick<JobRecord, 'status' | 'secondaryStatus' | 'startedAt' | 'endedAt'> & { readonly progress: JobProgress }
>;

/** A job while this process runs it: its record, and the one place where that record changes. */
export class JobLife<Request = unknown> {
  #context: JobsContext;
  #record: JobRecord<Request>;
  #stopReason: StopReason | undefined;
  readonly #stopping = new AbortController();
  #interrupted = false;
  readonly #losing = new AbortController();
  /** What is measured of it while it runs. */
  readonly metrics: MetricBuffer;
  readonly #keeper: RecordKeeper;
  readonly #now: () => number;

  constructor(context: JobsContext, record: JobRecord<Request>) {
    this.#context = context;
    this.#record = record;
    this.metrics = new MetricBuffer(context.state);
    this.#keeper = new RecordKeeper(context.state, record);
    this.#now = context.startClock();
  }

  get context(): JobsContext {
    return this.#context;
  }

  /** Takes another executor than other jobs have. */
  runIn(executor: Executor): void {
    this.#context = { ...this.#context, executor };
  }

  get record(): JobRecord<Request> {
    return this.#record;
  }

  get request(): Request {
    return this.#record.request;
  }

  /** Where its hosts' data and its logs lie. */
  get directory(): string {
    return jobDirectory(this.#context.home, this.#record);
  }

  /** The directory of log files, one for each stream. */
  get logDirectory(): string {
    return join(this.directory, LOGS_DIRECTORY);
  }

  /** Milliseconds since 1970, by a clock of the job's own that never jumps. */
  now(): number {
    return this.#now();
  }

  /** Aborts once the job is being stopped. */
  get stopSignal(): AbortSignal {
    return this.#stopping.signal;
  }

  get stopReason(): StopReason | undefined {
    return this.#stopReason;
  }

  /** Whether the process that runs the job is ending. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** Whether the job is another worker's by now: nothing of it may be written or uploaded any more. */
  get lost(): boolean {
    return this.#losing.signal.aborted;
  }

  /** Aborts once the job is {@link lost}. */
  get lostSignal(): AbortSignal {
    return this.#losing.signal;
  }

  /** Goes on to the next secondary status; the one before ends. */
  async enter(secondaryStatus: string, message: string): Promise<void> {
    await this.#change({ secondaryStatus, progress: this.#transition(secondaryStatus, message) }, message);
  }

  /** As {@link enter}, and the job's billable time begins, unless it has begun in an attempt before. */
  async begin(secondaryStatus: string, message: string): Promise<void> {
    const startedAt = this.#record.startedAt ?? this.#now();
    await this.#change(
      { secondaryStatus, startedAt, progress: this.#transition(secondaryStatus, message) },
      message,
    );
  }

  /** Keeps what has become known of the job. */
  async note(facts: Partial<JobProgress>): Promise<void> {
    await this.#change({ progress: { ...this.#record.progress, ...facts } });
  }

  /**
   * Keeps what decides how the job ends. Resolves once it is written, however long that takes.
   *
   * @throws JobStopping, SluiceError `LeaseLost` where the job is another worker's
   */
  async decide(facts: Partial<JobProgress>): Promise<void> {
    await this.#keep({ progress: { ...this.#record.progress, ...facts } });
    this.context.changes.publish(this.#record);
  }

  async noteProcesses(processes: readonly ProcessIdentity[]): Promise<void> {
    await this.note({ processes });
  }

  /** Begins to stop the job, also where that cannot be written now. The first reason stays. */
  async stop(reason: StopReason): Promise<void> {
    if (this.#stopReason || this.#interrupted || this.lost || isEnded(this.#record.status)) return;
    this.#stopReason = reason;
    const message = jobMessages(this.#record.type).stopping;
    const written = this.#change(
      { status: 'Stopping', secondaryStatus: 'Stopping', progress: this.#transition('Stopping', message) },
      message,
    );
    try {
      await within(WRITE_LIMIT_MS.stop, written);
    } finally {
      this.#stopping.abort(new JobStopping());
    }
  }

  /** The process that runs the job is ending: its commands are stopped, its status stays what it is. */
  interrupt(): void {
    this.#interrupted = true;
    this.#keeper.hurry();
    this.#stopping.abort(new JobStopping());
  }

  /** The job is another worker's by now: its commands are killed, and nothing more is written of it. */
  lose(): void {
    if (this.lost) return;
    this.#losing.abort(new JobStopping());
    this.#keeper.hurry();
    this.#stopping.abort(new JobStopping());
  }

  /** Begins anew after an InternalServerError. */
  async restart(failureReason: string): Promise<void> {
    const progress = restartedProgress(this.#record.progress, failureReason, this.#now());
    await this.#change({ secondaryStatus: 'Restarting', progress }, failureReason);
  }

  /** @throws JobStopping once the job is being stopped. */
  throwIfStopping(): void {
    if (this.#stopReason || this.#interrupted || this.lost) throw new JobStopping();
  }

  /**
   * Ends the job. Nothing changes after it. Resolves once it is written, however long that takes.
   *
   * @param more what else has become known of it
   */
  async end(outcome: JobOutcome, more: Partial<JobProgress> = {}): Promise<void> {
    const secondaryStatus = outcome.status === 'Stopped' ? outcome.reason : outcome.status;
    const message = endMessage(this.#record.type, outcome);
    const endedAt = this.#now();
    const progress = closeTransitions(this.#transition(secondaryStatus, message), endedAt);
    const measured = this.metrics.flush();
    const facts = outcome.status === 'Failed' && failureFacts(outcome);
    const ended = { ...progress, ...facts, ...more, publication: undefined, processes: [] };
    await this.#keep({ status: outcome.status, secondaryStatus, endedAt, progress: ended }, message);
    this.context.changes.publish(this.#record);
    await measured;
  }

  #transition(status: string, message: string): JobProgress {
    const at = this.#now();
    const progress = closeTransitions(this.#record.progress, at);
    return { ...progress, transitions: [...progress.transitions, { status, startedAt: at, message }] };
  }

  /** A change waits to be written, but not for ever: a full disk is not the job's fault. */
  async #change(changes: Changes, message?: string): Promise<void> {
    await within(WRITE_LIMIT_MS.change, this.#keep(changes, message));
    this.context.changes.publish(this.#record);
  }

  async #keep(changes: Changes, message?: string): Promise<void> {
    if (this.lost) throw new JobStopping();
    const record = { ...this.#record, ...changes, modifiedAt: this.#now() };
    this.#record = record;
    try {
      await this.#keeper.keep(record, message === undefined ? undefined : jobEvent(record, message));
    } catch (error) {
      if (isLeaseLost(error)) this.lose();
      throw error;
    }
  }
}

/** What is known of a job that begins anew: the failed attempt is in the transitions. */
export function restartedProgress(progress: JobProgress, failureReason: string, at: number): JobProgress {
  const { transitions } = closeTransitions(progress, at);
  const restarting = { status: 'Restarting', startedAt: at, message: failureReason };
  return { transitions: [...transitions, restarting], retries: (progress.retries ?? 0) + 1, processes: [] };
}

function failureFacts({ failureReason, failedHost }: JobFailed): Partial<JobProgress> {
  return { failureReason, ...(failedHost !== undefined && { failedHost }) };
}

function closeTransitions(progress: JobProgress, endedAt: number): JobProgress {
  const transitions = progress.transitions.map((transition) =>
    transition.endedAt === undefined ? { ...transition, endedAt } : transition,
  );
  return { ...progress, transitions };
}

function endMessage(type: JobType, outcome: JobOutcome): string {
  const messages = jobMessages(type);
  if (outcome.status === 'Failed') return outcome.failureReason;
  if (outcome.status === 'Completed') return messages.completed;
  return outcome.reason === 'Stopped' ? messages.stopped : messages.maxRuntimeExceeded;
}
