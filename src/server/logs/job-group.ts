import { LOG_GROUPS, logStreamName } from '../../contract/log-names.ts';
import { isPeerUnavailable, type JobRecord, type Jobs, type JobType } from '../../jobs/index.ts';
import { compare, type LogGroup, type LogStream, type StreamSelection, selectStreams } from './log-group.ts';

/** How jobs are listed a page at a time. */
const BATCH = 100;

/** The group of a job type: a stream is a host of a job, `<job>/algo-1-<seconds>`. Jobs are read as far as they are needed. */
export class JobGroup implements LogGroup {
  readonly name: string;
  readonly #jobs: Jobs[JobType];

  constructor(jobs: Jobs, type: JobType) {
    this.name = LOG_GROUPS[type];
    this.#jobs = jobs[type];
  }

  async *streams(selection: StreamSelection): AsyncGenerator<LogStream> {
    const { from } = selection;
    for await (const job of this.#selectedJobs(selection)) {
      const begin = from && jobOf(from.name) === job.name ? { ...job, name: from.name } : undefined;
      // One machine that is not reached must not keep the logs of all others.
      const hosts = await this.#jobs.logStreams(job.name).catch(noneWherePeerIsAway);
      yield* selectStreams(
        hosts.map((host) => this.#streamOf(job, host)),
        { ...selection, from: begin },
      );
    }
  }

  async find(name: string): Promise<LogStream | undefined> {
    const job = await this.#findJob(name);
    const hosts = job ? await this.#jobs.logStreams(job.name) : [];
    return hosts.map((host) => this.#streamOf(job as JobRecord, host)).find((stream) => stream.name === name);
  }

  /** The jobs that selected streams can be of, in order. */
  async *#selectedJobs(selection: StreamSelection): AsyncGenerator<JobRecord> {
    const { prefix = '', names = prefix.includes('/') ? [prefix] : undefined } = selection;
    const from = selection.from && { ...selection.from, name: jobOf(selection.from.name) };
    if (!names) {
      const begun = from && (await this.#jobs.find(from.name));
      if (begun) yield begun;
      yield* this.#listJobs({ ...selection, from }, prefix);
      return;
    }
    const found = await Promise.all(names.map((name) => this.#findJob(name)));
    const jobs = new Map(found.flatMap((job) => (job ? [[job.name, job]] : [])));
    const inOrder = [...jobs.values()].sort((a, b) => compare(a, b, selection));
    yield* inOrder.filter((job) => !from || compare(job, from, selection) >= 0);
  }

  /** The jobs after that of the position, which has the job's name. */
  async *#listJobs({ sortBy, descending, from }: StreamSelection, prefix: string): AsyncGenerator<JobRecord> {
    const byPrefix = sortBy === 'name' && !descending && prefix !== '';
    let after = byPrefix ? { value: prefix as string | number, name: '' } : undefined;
    if (from) after = { value: from[sortBy], name: from.name };
    for (;;) {
      const sortOrder = descending ? 'descending' : 'ascending';
      const records = await this.#jobs.list({ sortBy, sortOrder, after, limit: BATCH });
      for (const record of records) {
        if (record.name.startsWith(prefix)) yield record;
        else if (byPrefix) return;
      }
      const last = records.at(-1);
      if (records.length < BATCH || !last) return;
      after = { value: last[sortBy], name: last.name };
    }
  }

  async #findJob(streamName: string): Promise<JobRecord | undefined> {
    return streamName.includes('/') ? this.#jobs.find(jobOf(streamName)) : undefined;
  }

  #streamOf({ type, name: jobName, createdAt }: JobRecord, host: string): LogStream {
    const name = logStreamName({ type, jobName, host, createdAt });
    return { name, open: () => this.#jobs.openLog(jobName, host), createdAt };
  }
}

function noneWherePeerIsAway(error: unknown): string[] {
  if (isPeerUnavailable(error)) return [];
  throw error;
}

function jobOf(streamName: string): string {
  return streamName.split('/', 1)[0] as string;
}
