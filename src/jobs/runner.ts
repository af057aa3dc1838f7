import {
  type Database,
  type JobRecord,
  type JobType,
  type ProcessIdentity,
  workerOf,
} from '../state/index.ts';
import type { JobKind } from './job-runner.ts';

/** What runs jobs: this very process, or another one in its place. */
export interface Runner {
  /** The worker that runs the next job. @throws SluiceError where no process can be started */
  worker(): Promise<string>;
  /** A worker turned out to have ended: the next job is another one's. */
  forget(worker: string): Promise<void>;
  /** Runs a job that was committed as InProgress and its {@link worker}'s. Does not wait for it. */
  start<Request>(record: JobRecord<Request>, kind: JobKind<Request>, maxRuntimeInSeconds?: number): void;
  /** Whether this process runs the job. */
  has(type: JobType, name: string): boolean;
  /** Begins to stop a job. False when this process does not run it. */
  stop(type: JobType, name: string): Promise<boolean>;
  /** Tells the process that runs a job to stop it, where the request cannot be written. False where it has none to tell. */
  tellStop(job: OwnedJob): boolean;
  /** Looks for requests to stop jobs now, not only in its time. */
  heedStopRequests(): void;
  /** Resolves once the directory of a job that this process runs is in its last state too. */
  settled(type: JobType, name: string): Promise<void>;
  /** Ends the commands of every job because the process ends, and waits for them. */
  interrupt(): Promise<void>;
  /** Stops every job and waits for its end. */
  close(): Promise<void>;
}

/** A job, and the worker whose it is. */
export interface OwnedJob {
  readonly type: JobType;
  readonly name: string;
  readonly worker: string;
}

/** A job that another process is to run: committed, and that worker's own. */
export interface HandedJob extends OwnedJob {
  /** For requests that have no StoppingCondition of their own, seconds. */
  readonly maxRuntimeInSeconds?: number | undefined;
}

/** Another process that runs jobs in place of this one. */
export interface RunnerProcess {
  /**
   * Its worker; the process is started and registered where there is none.
   *
   * @throws SluiceError where it cannot be started, and what `register` throws
   */
  worker(register: (process: ProcessIdentity) => Promise<string>): Promise<string>;
  /** A worker of it turned out to have ended: the next job starts another process. */
  forget(worker: string): void;
  /** Tells it of a job that is its own. */
  run(job: HandedJob): void;
  /** Tells it to stop a job. False where the job is no such process's. */
  stop(job: OwnedJob): boolean;
  /** Has it look for requests to stop jobs. */
  heedStopRequests(): void;
  /** Ends the commands of its jobs, and waits for its end. Idempotent. */
  interrupt(): Promise<void>;
}

/** Hands jobs over to another process. */
export class HandOver implements Runner {
  readonly #state: Database;
  readonly #process: RunnerProcess;

  constructor(state: Database, process: RunnerProcess) {
    this.#state = state;
    this.#process = process;
  }

  worker(): Promise<string> {
    return this.#process.worker((identity) => workerOf(this.#state).register(identity));
  }

  async forget(worker: string): Promise<void> {
    this.#process.forget(worker);
  }

  start<Request>(
    { type, name, lease }: JobRecord<Request>,
    _kind: JobKind<Request>,
    maxRuntimeInSeconds?: number,
  ): void {
    this.#process.run({ type, name, worker: lease.worker, maxRuntimeInSeconds });
  }

  has(): boolean {
    return false;
  }

  async stop(): Promise<boolean> {
    return false;
  }

  tellStop({ type, name, worker }: OwnedJob): boolean {
    return this.#process.stop({ type, name, worker });
  }

  heedStopRequests(): void {
    this.#process.heedStopRequests();
  }

  async settled(): Promise<void> {}

  interrupt(): Promise<void> {
    return this.#process.interrupt();
  }

  close(): Promise<void> {
    return this.#process.interrupt();
  }
}
