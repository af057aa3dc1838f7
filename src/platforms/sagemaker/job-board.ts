import { SluiceError } from '../../core/errors.ts';
import type { EndingJobTask } from '../../graph/index.ts';
import type { JobHandle } from '../job-handle.ts';
import { isTerminal, type JobStatus } from '../platform.ts';
import { jobStatus } from '../response/job-status.ts';
import type { RequestPace } from './request-pace.ts';
import type { ListedJob, ListPage, ListQuery } from './sagemaker-api.ts';

/** What a board asks. */
export interface JobBoardOptions {
  readonly list: (type: EndingJobTask['type'], query: ListQuery) => Promise<ListPage>;
  /** All that is known of a job. @throws SluiceError `JobNotFound` */
  readonly describe: (handle: JobHandle, signal: AbortSignal) => Promise<JobStatus>;
  readonly pace: RequestPace;
}

/** SageMaker's clocks need not agree: what has changed shortly before the last change that was seen is asked for again. Milliseconds. */
const OVERLAP_MS = 15_000;

/**
 * What has changed before a list that is as old is not asked for again: of a thousand jobs that began together, all are
 * within the overlap until another changes. As far as this machine's clock may be wrong. Milliseconds.
 */
const CLOCK_MS = 600_000;

/** Jobs that nobody has seen yet are looked for in this many pages; what is on none is asked for by its name. */
const MOST_PAGES = 40;

/** Up to so many jobs that are new or have changed are described one by one, which tells more. */
const FEW = 4;

/** What no list has told of for so long is asked for by its name: it may have been removed. Milliseconds. */
const STALE_MS = 3_600_000;

interface Seen {
  readonly listed: ListedJob | undefined;
  readonly status: JobStatus;
  /** When it was described or listed, by the steady clock. */
  readonly toldAt: number;
}

/**
 * Tells the statuses of many jobs with few requests: it lists what has changed since it asked last, and asks for those
 * alone that have ended, or of which there are few. Of jobs that have not changed it knows the last status.
 */
export class JobBoard {
  readonly #options: JobBoardOptions;
  readonly #seen = new Map<string, Seen>();
  /** The last change that was seen, by type of job. */
  readonly #changedAt = new Map<EndingJobTask['type'], number>();
  /** When the last list began, by this machine's clock. */
  readonly #listedAt = new Map<EndingJobTask['type'], number>();

  constructor(options: JobBoardOptions) {
    this.#options = options;
  }

  /** In the order of the handles; an error in place of one that cannot be told. */
  async statuses(handles: readonly JobHandle[], signal: AbortSignal): Promise<(JobStatus | Error)[]> {
    const answers = new Map<string, JobStatus | Error>();
    for (const [type, asked] of byType(handles)) await this.#ask(type, asked, signal, answers);
    this.#forgetEnded(answers);
    return handles.map((handle) => answers.get(keyOf(handle)) ?? new Error('It was not asked for.'));
  }

  async #ask(
    type: EndingJobTask['type'],
    handles: readonly JobHandle[],
    signal: AbortSignal,
    answers: Map<string, JobStatus | Error>,
  ): Promise<void> {
    const unseen = handles.filter((handle) => !this.#seen.get(keyOf(handle))?.listed);
    // So few that asking for each is no dearer than a page, and tells more.
    const isFew = handles.length <= FEW;
    const listed = isFew ? new Map<string, ListedJob>() : await this.#list(type, unseen, signal);
    const byNeed = [...handles].sort((a, b) => this.#need(b, listed) - this.#need(a, listed));
    let described = 0;
    for (const handle of byNeed) {
      const known = this.#seen.get(keyOf(handle));
      const now = listed.get(handle.jobName);
      const isDue = isFew || isUntold(known, now) || (now && isNew(now, known) && described < FEW);
      if (isDue) described++;
      const status = isDue ? await this.#describe(handle, signal) : this.#summary(known, now);
      answers.set(keyOf(handle), status);
      if (status instanceof Error) continue;
      const toldAt = isDue || now || !known ? performance.now() : known.toldAt;
      const unlisted = isFew
        ? undefined
        : { name: handle.jobName, status: status.status, modifiedAt: new Date(0) };
      this.#seen.set(keyOf(handle), { listed: now ?? known?.listed ?? unlisted, status, toldAt });
    }
  }

  /** Those that have ended first. */
  #need(handle: JobHandle, listed: ReadonlyMap<string, ListedJob>): number {
    const now = listed.get(handle.jobName);
    return now && isEnded(now) ? 2 : Number(now !== undefined);
  }

  /** What has changed, by name; where some have never been seen, all that is needed to see them. */
  async #list(
    type: EndingJobTask['type'],
    unseen: readonly JobHandle[],
    signal: AbortSignal,
  ): Promise<Map<string, ListedJob>> {
    const since = this.#changedAt.get(type);
    const missing = new Set(unseen.map(({ jobName }) => jobName));
    const isWhole = since === undefined || missing.size > FEW;
    const listed = new Map<string, ListedJob>();
    let latest = since ?? 0;
    let token: string | undefined;
    const begunAt = Date.now();
    const listedAt = this.#listedAt.get(type) ?? 0;
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      await this.#options.pace.turn(signal);
      const from = Math.max((since ?? 0) - OVERLAP_MS, listedAt - CLOCK_MS);
      const modifiedAfter = isWhole ? undefined : new Date(from);
      const page = await this.#options.list(type, { modifiedAfter, token, signal });
      for (const job of page.jobs) {
        listed.set(job.name, job);
        missing.delete(job.name);
        latest = Math.max(latest, job.modifiedAt.getTime());
      }
      token = page.token;
      if (token === undefined || (isWhole && missing.size === 0 && since === undefined)) break;
    }
    this.#changedAt.set(type, latest);
    this.#listedAt.set(type, begunAt);
    return listed;
  }

  async #describe(handle: JobHandle, signal: AbortSignal): Promise<JobStatus | Error> {
    await this.#options.pace.turn(signal);
    try {
      return await this.#options.describe(handle, signal);
    } catch (error) {
      // Others may be answered; that the service is to be asked less is for all.
      if (error instanceof SluiceError && error.code !== 'Throttled') return error;
      throw error;
    }
  }

  #summary(known: Seen | undefined, now: ListedJob | undefined): JobStatus {
    if (!now || (known && !isNew(now, known))) return (known as Seen).status;
    const { status, secondaryStatus, createdAt, message } = now;
    const startedAt = known?.status.startedAt;
    const told = jobStatus({
      status,
      secondaryStatus,
      message,
      createdAt,
      startedAt,
      instanceCount: 1,
      outputs: {},
    });
    return known ? { ...known.status, ...told, metrics: known.status.metrics } : told;
  }

  /** Nobody asks for what has ended again. */
  #forgetEnded(answers: ReadonlyMap<string, JobStatus | Error>): void {
    for (const [key, answer] of answers)
      if (answer instanceof Error || isTerminal(answer)) this.#seen.delete(key);
  }
}

/** Only its description will do. */
function isUntold(known: Seen | undefined, now: ListedJob | undefined): boolean {
  if (now) return isEnded(now);
  return !known?.listed || performance.now() - known.toldAt > STALE_MS;
}

function isEnded({ status }: ListedJob): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Stopped';
}

function isNew(now: ListedJob, known: Seen | undefined): boolean {
  return known?.listed?.status !== now.status || known.listed.secondaryStatus !== now.secondaryStatus;
}

function keyOf({ jobType, jobName }: JobHandle): string {
  return `${jobType}/${jobName}`;
}

function byType(handles: readonly JobHandle[]): Map<EndingJobTask['type'], JobHandle[]> {
  return Map.groupBy(handles, ({ jobType }) => jobType as EndingJobTask['type']);
}
