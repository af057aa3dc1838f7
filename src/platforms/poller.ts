import { SluiceError } from '../core/errors.ts';
import { forEachAtOnce } from '../core/for-each-at-once.ts';
import type { JobHandle } from './job-handle.ts';
import { isTerminal, type JobStatus } from './platform.ts';
import { WatchedJob } from './watched-job.ts';

/** How often jobs are asked for, and how patiently. Milliseconds. */
export interface PollerTimes {
  /** Between two questions for a job that has just begun or changed. @default 1000 */
  readonly firstMs: number;
  /** The same for one that has not changed for long. @default 30000 */
  readonly longestMs: number;
  /** The longest pause after the platform has throttled. @default 60000 */
  readonly pauseMs: number;
  /** How long an answer may take. @default 60000 */
  readonly answerMs: number;
  /** How long a job that cannot be told keeps its last status; then its watchers get the error. @default 600000 */
  readonly failingMs: number;
}

/** What a poller asks, and how. */
export interface PollerOptions {
  /**
   * The status of each job, in order; an error in place of one that cannot be told. Rejects where none can: throttled,
   * no network.
   */
  readonly statusOf: (
    handles: readonly JobHandle[],
    signal: AbortSignal,
  ) => Promise<readonly (JobStatus | Error)[]>;
  /** Jobs in one question. @default 1 */
  readonly batchSize?: number;
  /** Questions under way at once. @default 4 */
  readonly atOnce?: number;
  /** Whether the platform asks for fewer questions. @default none does */
  readonly isThrottled?: (error: unknown) => boolean;
  readonly times?: Partial<PollerTimes>;
  /** From 0 to 1: spreads the questions of many pollers. @default Math.random */
  readonly random?: () => number;
}

const TIMES: PollerTimes = {
  firstMs: 1000,
  longestMs: 30_000,
  pauseMs: 60_000,
  answerMs: 60_000,
  failingMs: 600_000,
};

/** A job is asked for again after this share of the time for which it has not changed. */
const STEADY_SHARE = 0.1;
/** How far a wait is spread by chance, each way. */
const JITTER = 0.2;
/** How slow throttling makes the questions at most, and how fast answers make them quicker again. */
const PACE = { most: 64, recovery: 0.9 };

/**
 * Watches all jobs of a platform that does not tell of changes by itself: one timer, questions in batches, often for
 * young jobs and seldom for those that go on as they are. Whom the platform throttles asks less; what one job's answer
 * lacks is no matter of the others; what nobody watches is not asked for.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #times: PollerTimes;
  readonly #jobs = new Map<string, WatchedJob>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  #isAsking = false;
  /** 1 while the platform answers freely; doubles when it throttles. */
  #pace = 1;
  #pausedUntil = 0;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
  }

  /**
   * The status now and after each change; ends after a terminal phase, with the signal, or when the poller is closed.
   *
   * @throws what the platform answers for the job, once another question cannot help
   */
  async *watch(
    handle: JobHandle,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<JobStatus> {
    if (this.#closing.signal.aborted || signal?.aborted) return;
    const job = this.#job(handle);
    const watcher = job.watch();
    this.#wakeAt(job.dueAt);
    try {
      yield* watcher.statuses(signal);
    } finally {
      job.watchers.delete(watcher);
      if (job.watchers.size === 0) this.#forget(job);
    }
  }

  /** Ends all watches; the jobs go on. Idempotent. */
  close(): void {
    this.#closing.abort();
    this.#rest();
    for (const job of this.#jobs.values()) job.end('ended');
    this.#jobs.clear();
  }

  #job(handle: JobHandle): WatchedJob {
    const key = keyOf(handle);
    const job = this.#jobs.get(key) ?? new WatchedJob(handle, performance.now());
    this.#jobs.set(key, job);
    return job;
  }

  #forget(job: WatchedJob): void {
    const key = keyOf(job.handle);
    if (this.#jobs.get(key) === job) this.#jobs.delete(key);
    if (this.#jobs.size === 0) this.#rest();
  }

  /** Asks at that time, unless it asks before. */
  #wakeAt(time: number): void {
    const at = Math.max(time, this.#pausedUntil);
    if (this.#isAsking || this.#closing.signal.aborted || this.#wakesAt <= at) return;
    this.#rest();
    this.#wakesAt = at;
    this.#timer = setTimeout(() => void this.#ask(), Math.max(0, Math.ceil(at - performance.now())));
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#wakesAt = Number.POSITIVE_INFINITY;
  }

  /** Asks for all jobs that are due. Never rejects. */
  async #ask(): Promise<void> {
    this.#rest();
    this.#isAsking = true;
    const { batchSize = 1, atOnce = 4 } = this.#options;
    // What is nearly due goes with what is: a question for many costs no more than one for a few.
    const now = performance.now() + this.#times.firstMs * JITTER;
    const due = [...this.#jobs.values()].filter(({ dueAt }) => dueAt <= now);
    await forEachAtOnce(batches(due, batchSize), atOnce, undefined, (batch) => this.#askFor(batch));
    this.#isAsking = false;
    for (const job of this.#jobs.values()) this.#wakeAt(job.dueAt);
  }

  async #askFor(batch: readonly WatchedJob[]): Promise<void> {
    // Throttled meanwhile, or watched by nobody any more.
    const jobs =
      performance.now() < this.#pausedUntil ? [] : batch.filter(({ watchers }) => watchers.size > 0);
    if (jobs.length === 0) return;
    try {
      const answers = await this.#answers(jobs);
      this.#pace = Math.max(1, this.#pace * PACE.recovery);
      for (const [index, job] of jobs.entries()) this.#take(job, answers[index] ?? missing(job));
    } catch (error) {
      await this.#takeFailure(jobs, error);
    }
  }

  /** The answers, within their time: also of a platform that does not heed the signal. */
  async #answers(jobs: readonly WatchedJob[]): Promise<readonly (JobStatus | Error)[]> {
    const { answerMs } = this.#times;
    const late = Promise.withResolvers<never>();
    const limit = new AbortController();
    const timer = setTimeout(() => {
      const error = new Error(`The platform did not answer within ${answerMs} ms.`);
      limit.abort(error);
      late.reject(error);
    }, answerMs);
    const signal = AbortSignal.any([this.#closing.signal, limit.signal]);
    try {
      return await Promise.race([
        this.#options.statusOf(
          jobs.map(({ handle }) => handle),
          signal,
        ),
        late.promise,
      ]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #takeFailure(jobs: readonly WatchedJob[], error: unknown): Promise<void> {
    if (this.#options.isThrottled?.(error)) this.#pause();
    // One of them may be the cause: each is asked for alone.
    else if (jobs.length > 1 && !mayPass(error)) for (const job of jobs) await this.#askFor([job]);
    else for (const job of jobs) this.#take(job, error instanceof Error ? error : new Error(String(error)));
  }

  #take(job: WatchedJob, answer: JobStatus | Error): void {
    const now = performance.now();
    if (answer instanceof Error) {
      if (this.#options.isThrottled?.(answer)) return this.#pause();
      job.failingSince ??= now;
      if (!mayPass(answer) || now - job.failingSince >= this.#times.failingMs) return this.#end(job, answer);
    } else {
      job.see(answer, now);
      if (isTerminal(answer)) return this.#forget(job);
    }
    job.dueAt = now + this.#wait(now - (job.failingSince ?? job.changedAt));
  }

  #end(job: WatchedJob, error: unknown): void {
    this.#forget(job);
    job.end({ error });
  }

  #wait(steadyMs: number): number {
    const { firstMs, longestMs, pauseMs } = this.#times;
    const freeMs = Math.min(longestMs, Math.max(firstMs, steadyMs * STEADY_SHARE));
    const waitMs = Math.min(freeMs * this.#pace, Math.max(longestMs, pauseMs));
    return waitMs * (1 - JITTER + 2 * JITTER * this.#random());
  }

  /** Nobody asks for a while; of several questions under way that are throttled together, the first slows down. */
  #pause(): void {
    const now = performance.now();
    if (now < this.#pausedUntil) return;
    this.#pace = Math.min(PACE.most, this.#pace * 2);
    const pauseMs = Math.min(this.#times.pauseMs, this.#times.firstMs * this.#pace);
    this.#pausedUntil = now + (pauseMs * (1 + this.#random())) / 2;
  }

  #random(): number {
    return (this.#options.random ?? Math.random)();
  }
}

/** What nobody but the user can mend stays as it is. */
function mayPass(error: unknown): boolean {
  return !(error instanceof SluiceError) || error.fault === 'system';
}

function missing({ handle }: WatchedJob): Error {
  return new Error(`The platform '${handle.platform}' has left out the job '${handle.jobName}'.`);
}

function keyOf({ platform, jobType, jobName, ref }: JobHandle): string {
  return JSON.stringify([platform, jobType, jobName, ref]);
}

function* batches<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
