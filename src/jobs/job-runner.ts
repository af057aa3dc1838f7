import { mkdirSync } from 'node:fs';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { INTERNAL_SERVER_ERROR, isInternalServerError } from '../contract/failure-reason.ts';
import { errorMessage } from '../core/errors.ts';
import { startTimer } from '../core/long-timer.ts';
import { failureReasonOf } from '../hosts/index.ts';
import {
  isEnded,
  type JobOutcome,
  type JobProgress,
  type JobRecord,
  type JobSummary,
  type JobType,
  listStopRequests,
  workerOf,
} from '../state/index.ts';
import type { JobsContext } from './context.ts';
import { removeData } from './job-host.ts';
import { JobLife } from './job-life.ts';
import { jobMessages } from './job-messages.ts';
import { storedLogsUri, storeLogs } from './logs/stored-logs.ts';

/** How often other processes' requests to stop a job are looked for, milliseconds. */
const STOP_REQUEST_INTERVAL_MS = 200;
/** How long the upload of a job's logs may take, milliseconds. */
const LOGS_LIMIT_MS = 60_000;
/** Between the end of an attempt and the next one. */
const RESTART_DELAY_MS = 1000;

/** What a job type brings to the common life of jobs. */
export interface JobKind<Request> {
  readonly run: (life: JobLife<Request>) => Promise<JobOutcome>;
  /** StoppingCondition.MaxRuntimeInSeconds, or undefined for no limit. */
  readonly maxRuntimeInSeconds: (request: Request) => number | undefined;
  /** The directories of data in a job's directory. */
  readonly dataDirectories: (request: Request) => readonly string[];
  /** RetryStrategy.MaximumRetryAttempts. */
  readonly maxRetries: (request: Request) => number;
}

interface RunningJob {
  readonly life: JobLife;
  readonly done: Promise<void>;
}

/** The jobs that this process runs. */
export class JobRunner {
  readonly #context: JobsContext;
  readonly #running = new Map<string, RunningJob>();
  #poll: NodeJS.Timeout | undefined;

  constructor(context: JobsContext) {
    this.#context = context;
    // What was lost is another worker's: nothing of it may go on here.
    workerOf(context.state).onLost((worker) => {
      for (const { life } of this.#running.values()) if (life.record.lease.worker === worker) life.lose();
    });
  }

  worker(): Promise<string> {
    return workerOf(this.#context.state).join();
  }

  async forget(): Promise<void> {
    await workerOf(this.#context.state).renew();
  }

  /** Runs a job that was committed as InProgress and this process's own. Does not wait for it. */
  start<Request>(record: JobRecord<Request>, kind: JobKind<Request>, maxRuntimeInSeconds?: number): void {
    const life = new JobLife(this.#context, record);
    const id = key(record.type, record.name);
    abandoned.delete(identityOf(record));
    // One that was lost, and comes back to this process, begins anew once nothing of it runs any more.
    const before = this.#running.get(id)?.done;
    const run = () => this.#run(life, kind, maxRuntimeInSeconds);
    const done = (before ? before.then(run) : run()).finally(() => {
      if (this.#running.get(id)?.life === life) this.#running.delete(id);
      if (this.#running.size === 0) this.#endPolling();
    });
    this.#running.set(id, { life, done });
    this.#poll ??= setInterval(() => this.heedStopRequests(), STOP_REQUEST_INTERVAL_MS).unref();
  }

  /** Whether this process runs the job. */
  has(type: JobType, name: string): boolean {
    return this.#running.has(key(type, name));
  }

  /** Begins to stop a job. False when this process does not run it. */
  async stop(type: JobType, name: string): Promise<boolean> {
    const job = this.#running.get(key(type, name));
    if (!job) return false;
    await job.life.stop('Stopped');
    return true;
  }

  tellStop(): boolean {
    return false;
  }

  /** Looks for other processes' requests to stop jobs now. */
  heedStopRequests(): void {
    void this.#obeyStopRequests();
  }

  /** Resolves once this process runs no job. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map((job) => job.done));
  }

  /** Resolves once the job's directory is in its last state too. */
  async settled(type: JobType, name: string): Promise<void> {
    await this.#running.get(key(type, name))?.done;
  }

  /** Stops every job and waits for its end. */
  async close(): Promise<void> {
    const jobs = [...this.#running.values()];
    await Promise.allSettled(jobs.map((job) => job.life.stop('Stopped')));
    await Promise.all(jobs.map((job) => job.done));
    this.#endPolling();
  }

  /**
   * Ends the commands of every job because this process ends, and waits for them. A job with attempts left is open
   * still, as Restarting: the next process of the home that recovers jobs goes on with it.
   */
  async interrupt(): Promise<void> {
    const jobs = [...this.#running.values()];
    for (const job of jobs) job.life.interrupt();
    await Promise.all(jobs.map((job) => job.done));
    this.#endPolling();
  }

  async #run<Request>(life: JobLife<Request>, kind: JobKind<Request>, seconds?: number): Promise<void> {
    const outcome = await this.#attempts(life, kind, seconds);
    if (outcome !== undefined) await endJob(life, kind, outcome);
    if (life.lost) warnOfLoss(life.record);
  }

  /** Attempt after attempt, within the time of them all; undefined when another process has to go on. */
  async #attempts<Request>(
    life: JobLife<Request>,
    kind: JobKind<Request>,
    seconds = kind.maxRuntimeInSeconds(life.request),
  ): Promise<JobOutcome | undefined> {
    const usedMs = Math.max(0, life.now() - (life.record.startedAt ?? life.record.createdAt));
    const endTimer =
      seconds === undefined
        ? () => undefined
        : startTimer(
            Math.max(0, seconds * 1000 - usedMs),
            () => void life.stop('MaxRuntimeExceeded').catch(() => undefined),
          );
    try {
      for (;;) {
        const outcome = await this.#attempt(life, kind);
        if (life.lost) return undefined;
        if (outcome.status !== 'Failed' || !retries(life, kind, outcome.failureReason)) return outcome;
        await life.restart(outcome.failureReason);
        await sleep(RESTART_DELAY_MS, undefined, { signal: life.stopSignal }).catch(() => undefined);
        if (life.interrupted || life.lost) return undefined;
      }
    } catch (error) {
      if (life.lost) return undefined;
      return { status: 'Failed', failureReason: failureReasonOf(error) };
    } finally {
      endTimer();
    }
  }

  async #attempt<Request>(life: JobLife<Request>, kind: JobKind<Request>): Promise<JobOutcome> {
    try {
      if (life.record.secondaryStatus === 'Restarting') await this.#beginAnew(life, kind);
      life.throwIfStopping();
      if (!life.context.simulation) mkdirSync(life.directory, { recursive: true, mode: 0o700 });
      return await kind.run(life);
    } catch (error) {
      if (life.stopReason) return { status: 'Stopped', reason: life.stopReason };
      if (life.interrupted) return { status: 'Failed', failureReason: INTERRUPTED };
      return { status: 'Failed', failureReason: failureReasonOf(error) };
    }
  }

  async #beginAnew<Request>(life: JobLife<Request>, kind: JobKind<Request>): Promise<void> {
    life.throwIfStopping();
    await forgetData(life, kind);
    await life.enter('Starting', jobMessages(life.record.type).starting);
  }

  async #obeyStopRequests(): Promise<void> {
    const jobs = [...this.#running.values()].map((job) => job.life);
    const open = jobs.filter((life) => !isEnded(life.record.status) && !life.stopReason);
    if (open.length === 0) return;
    const { id } = workerOf(this.#context.state);
    const asked = id === undefined ? [] : await listStopRequests(this.#context.state, id).catch(() => []);
    for (const { type, name } of asked) {
      await this.#running
        .get(key(type, name))
        ?.life.stop('Stopped')
        .catch(() => undefined);
    }
  }

  #endPolling(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
  }
}

const INTERRUPTED = `${INTERNAL_SERVER_ERROR} (The server that ran the job was stopped.)`;

/** Whether RetryStrategy gives a job that failed so another attempt. */
function retries<Request>(
  { record, stopReason }: JobLife<Request>,
  kind: JobKind<Request>,
  failureReason: string,
): boolean {
  return stopReason === undefined && isInternalServerError(failureReason) && hasRetriesLeft(record, kind);
}

/** Whether RetryStrategy grants a job another attempt. */
export function hasRetriesLeft<Request>(
  { progress, request }: JobRecord<Request>,
  kind: JobKind<Request>,
): boolean {
  return (progress.retries ?? 0) < kind.maxRetries(request);
}

async function forgetData<Request>(life: JobLife<Request>, kind: JobKind<Request>): Promise<void> {
  if (life.context.simulation) return;
  await removeData(kind.dataDirectories(life.request), life.directory).catch(() => undefined);
}

/** Jobs whose end this process could not keep. */
const abandoned = new Set<string>();

/** Whether this process ran the job, but could not keep its end. */
export function wasAbandoned(record: JobSummary): boolean {
  return abandoned.has(identityOf(record));
}

/** Ends a job that this process holds, with its data where that is not kept. Never rejects. */
export async function endJob<Request>(
  life: JobLife<Request>,
  kind: JobKind<Request>,
  outcome: JobOutcome,
): Promise<void> {
  await endDurably(life, outcome, await keepLogs(life));
  if (life.lost || keepsData(life.context, outcome)) return;
  // Who waits for the end hears of it first: to remove directories takes milliseconds of this thread.
  await setImmediate();
  await forgetData(life, kind);
}

/** An end that could not be written until this process ended, or that cannot be, leaves an orphan. */
async function endDurably(life: JobLife, outcome: JobOutcome, more: Partial<JobProgress>): Promise<void> {
  await life.end(outcome, more).catch((error: unknown) => {
    if (life.lost) return;
    abandoned.add(identityOf(life.record));
    process.emitWarning(`The end of job '${life.record.name}' cannot be kept: ${errorMessage(error)}`);
  });
}

/** Puts the logs of a job where other machines find them; where that fails they stay with this one. */
async function keepLogs({ context, record, logDirectory }: JobLife): Promise<Partial<JobProgress>> {
  if (!context.peers || context.simulation) return {};
  const logs = storedLogsUri(context.account, record);
  try {
    await storeLogs(context.stores, logDirectory, logs, AbortSignal.timeout(LOGS_LIMIT_MS));
    return { logs };
  } catch (error) {
    process.emitWarning(
      `The logs of job '${record.name}' stay on this machine, since they cannot be uploaded: ${errorMessage(error)}`,
    );
    return {};
  }
}

function warnOfLoss({ type, name }: JobSummary): void {
  process.emitWarning(
    `The ${type} job '${name}' was taken over by another worker while this one was away: what it did here since is not kept.`,
  );
}

/** Another job of the same name, in this home or another, was not created in the same millisecond. */
function identityOf({ type, name, createdAt }: JobSummary): string {
  return `${key(type, name)}/${createdAt}`;
}

function keepsData(context: JobsContext, outcome: JobOutcome): boolean {
  if (context.keepData !== 'failed') return context.keepData === 'always';
  return outcome.status === 'Failed';
}

function key(type: JobType, name: string): string {
  return `${type}/${name}`;
}
