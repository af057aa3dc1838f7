import {
  getJob,
  isEnded,
  type JobRecord,
  type JobSummary,
  listOpenJobs,
  type Roster,
} from '../state/index.ts';
import type { JobsContext } from './context.ts';
import { wasAbandoned } from './job-runner.ts';
import type { JobTypeDefinition } from './job-type-definition.ts';
import { awaitsRecovery, isOrphan, isOwn, reapOrphan, rosterFor, takeOverOrphan } from './orphans.ts';
import type { HandedJob, Runner } from './runner.ts';

/** What has become of jobs that other processes ran. */
export interface Recovery {
  /** Those whose process is gone and that have begun anew. */
  readonly begunAnew: readonly JobSummary[];
  /** Those that other living processes run. */
  readonly elsewhere: readonly JobSummary[];
}

/** The jobs of one type that another process ran, or has begun for this one. */
export class JobRecovery<Request, Description> {
  readonly #context: JobsContext;
  readonly #runner: Runner;
  readonly #definition: JobTypeDefinition<Request, Description>;

  constructor(context: JobsContext, runner: Runner, definition: JobTypeDefinition<Request, Description>) {
    this.#context = context;
    this.#runner = runner;
    this.#definition = definition;
  }

  /** Accounts for every job whose process is gone: those that RetryStrategy gives another attempt begin anew, the others end. */
  async recover(): Promise<Recovery> {
    const open = await listOpenJobs<Request>(this.#context.state, this.#definition.type);
    const begunAnew: JobSummary[] = [];
    const elsewhere: JobSummary[] = [];
    const roster = await rosterFor(this.#context, open);
    for (const record of open) {
      if (!isOrphan(this.#context, roster, record)) {
        if (!isOwn(this.#context, record)) elsewhere.push(record);
      } else if (await this.#accountFor(roster, record)) begunAnew.push(record);
    }
    return { begunAnew, elsewhere };
  }

  /** Runs a job that another process has committed as this one's. */
  async take({ name, maxRuntimeInSeconds }: HandedJob): Promise<void> {
    const record = await getJob<Request>(this.#context.state, this.#definition.type, name);
    if (record && this.#isToTake(record)) this.#runner.start(record, this.#definition, maxRuntimeInSeconds);
  }

  /** As {@link take}, for every job of this process that it does not run. @returns how many it begins to run. */
  async takeOwn(): Promise<number> {
    const open = await listOpenJobs<Request>(this.#context.state, this.#definition.type);
    // All at once: what was read is true only until the next wait.
    const roster = await rosterFor(this.#context, open);
    const abandoned = open.filter((record) => this.owns(record) && isOrphan(this.#context, roster, record));
    const fresh = open.filter((record) => this.#isToTake(record));
    for (const record of fresh) this.#runner.start(record, this.#definition);
    const begunAnew = await Promise.all(abandoned.map((record) => this.#accountFor(roster, record)));
    return fresh.length + begunAnew.filter(Boolean).length;
  }

  #isToTake(record: JobRecord<Request>): boolean {
    const { type, name, status, progress } = record;
    // What is being published has run.
    const fresh = this.owns(record) && !wasAbandoned(record) && !progress.publication;
    return !isEnded(status) && fresh && !this.#runner.has(type, name);
  }

  /** Whether a job is this very process's to run. */
  owns(record: JobSummary): boolean {
    return isOwn(this.#context, record);
  }

  /** @returns whether the job begins anew. */
  async #accountFor(roster: Roster, orphan: JobRecord<Request>): Promise<boolean> {
    if (!awaitsRecovery(orphan, this.#definition)) {
      await reapOrphan(this.#context, roster, orphan, this.#definition);
      return false;
    }
    const worker = await this.#runner.worker();
    const taken = await takeOverOrphan(this.#context, roster, orphan, this.#definition, worker);
    if (taken) this.#runner.start(taken, this.#definition);
    return taken !== undefined;
  }
}
