import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../core/errors.ts';
import { currentProcess, isEnded, type JobRecord, type JobType, listStopRequests } from '../state/index.ts';
import type { JobsContext } from './context.ts';
import { failureReasonOf } from './failure.ts';
import { removeData } from './job-host.ts';
import { JobLife, type JobOutcome } from './job-life.ts';
import { startTimer } from './long-timer.ts';

/** How often other processes' requests to stop a job are looked for, milliseconds. */
const STOP_REQUEST_INTERVAL_MS = 200;
const END_RETRY_DELAYS_MS = [50, 500, 2000];

/** What a job type brings to the common life of jobs. */
export interface JobKind<Request> {
  readonly run: (life: JobLife<Request>) => Promise<JobOutcome>;
  /** StoppingCondition.MaxRuntimeInSeconds, or undefined for no limit. */
  readonly maxRuntimeInSeconds: (request: Request) => number | undefined;
  /** The directories of data in a job's directory. */
  readonly dataDirectories: (request: Request) => readonly string[];
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
  }

  /** Runs a job that was committed as InProgress. Does not wait for it. */
  start<Request>(record: JobRecord<Request>, kind: JobKind<Request>, maxRuntimeInSeconds?: number): void {
    const life = new JobLife(this.#context, record);
    const id = key(record.type, record.name);
    const done = this.#run(life, kind, maxRuntimeInSeconds).finally(() => {
      this.#running.delete(id);
      if (this.#running.size === 0) this.#endPolling();
    });
    this.#running.set(id, { life, done });
    this.#poll ??= setInterval(() => void this.#obeyStopRequests(), STOP_REQUEST_INTERVAL_MS).unref();
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

  /** Resolves once the job's directory is in its last state too. */
  async settled(type: JobType, name: string): Promise<void> {
    await this.#running.get(key(type, name))?.done;
  }

  /** Stops every job and waits for its end. */
  async close(): Promise<void> {
    const jobs = [...this.#running.values()];
    await Promise.all(jobs.map((job) => job.life.stop('Stopped')));
    await Promise.all(jobs.map((job) => job.done));
    this.#endPolling();
  }

  async #run<Request>(life: JobLife<Request>, kind: JobKind<Request>, seconds?: number): Promise<void> {
    const { context, record } = life;
    const outcome = await this.#outcome(life, kind, seconds);
    await endDurably(life, outcome);
    if (keepsData(context, outcome)) return;
    await removeData(kind.dataDirectories(record.request), record.directory).catch(() => undefined);
  }

  async #outcome<Request>(
    life: JobLife<Request>,
    kind: JobKind<Request>,
    seconds = kind.maxRuntimeInSeconds(life.request),
  ): Promise<JobOutcome> {
    const endTimer =
      seconds === undefined
        ? () => undefined
        : startTimer(seconds * 1000, () => void life.stop('MaxRuntimeExceeded').catch(() => undefined));
    try {
      mkdirSync(life.record.directory, { recursive: true, mode: 0o700 });
      return await kind.run(life);
    } catch (error) {
      if (life.stopReason) return { status: 'Stopped', reason: life.stopReason };
      return { status: 'Failed', failureReason: failureReasonOf(error) };
    } finally {
      endTimer();
    }
  }

  async #obeyStopRequests(): Promise<void> {
    const jobs = [...this.#running.values()].map((job) => job.life);
    const open = jobs.filter((life) => !isEnded(life.record.status) && !life.stopReason);
    if (open.length === 0) return;
    const asked = await listStopRequests(this.#context.state, currentProcess()).catch(() => []);
    for (const life of open) {
      if (asked.some(({ type, name }) => type === life.record.type && name === life.record.name)) {
        await life.stop('Stopped').catch(() => undefined);
      }
    }
  }

  #endPolling(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
  }
}

/** Directories of jobs whose end this process could not keep. */
const abandoned = new Set<string>();

/** Whether this process ran the job, but could not keep its end. */
export function wasAbandoned(record: JobRecord): boolean {
  return abandoned.has(record.directory);
}

/** A state that cannot be written now (a full disk) is tried again for a while; then the job is found orphaned. */
async function endDurably(life: JobLife, outcome: JobOutcome): Promise<void> {
  for (const delayMs of END_RETRY_DELAYS_MS) {
    try {
      return await life.end(outcome);
    } catch {
      await sleep(delayMs, undefined, { ref: false });
    }
  }
  await life.end(outcome).catch((error: unknown) => {
    abandoned.add(life.record.directory);
    process.emitWarning(`The end of job '${life.record.name}' cannot be kept: ${errorMessage(error)}`);
  });
}

/** `<home>/jobs/<type>/<name>`. */
export function jobDirectory(jobs: string, type: JobType, name: string): string {
  return join(jobs, type, name);
}

function keepsData(context: JobsContext, outcome: JobOutcome): boolean {
  if (context.keepData !== 'failed') return context.keepData === 'always';
  return outcome.status === 'Failed';
}

function key(type: JobType, name: string): string {
  return `${type}/${name}`;
}
