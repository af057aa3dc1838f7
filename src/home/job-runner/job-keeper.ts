import { errorMessage } from '../../core/errors.ts';
import type { Jobs, Recovery } from '../../jobs/index.ts';
import { type Database, expelLostWorkers, workerOf } from '../../state/index.ts';

/** How often the workers of the home are looked at, milliseconds. */
const LOOK_INTERVAL_MS = 500;
/** How many names a message has. */
const MAX_NAMES = 10;

/** Accounts for the jobs of processes that have ended, as long as a server runs. */
export class JobKeeper {
  readonly #state: Database;
  readonly #jobs: Jobs;
  readonly #log: (message: string) => void;
  #last: Promise<unknown> = Promise.resolve();
  /** The workers that had jobs when they were last looked at. */
  #holders: ReadonlySet<string> = new Set();
  #again = false;
  #looking = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(state: Database, jobs: Jobs, log: (message: string) => void) {
    this.#state = state;
    this.#jobs = jobs;
    this.#log = log;
    // What this process has lost may be nobody's.
    workerOf(state).onLost(() => this.#timer && this.lost());
  }

  /** Accounts for what has ended, and from then on for what other processes run. @throws SluiceError `HomeLocked`, … */
  async start(): Promise<void> {
    const recovery = await this.#jobs.recover();
    const { elsewhere } = recovery;
    if (elsewhere.length > 0) this.#log(`Going on: ${listNames(elsewhere)}`);
    this.#keep(recovery);
    this.#timer = setInterval(() => void this.#look(), LOOK_INTERVAL_MS).unref();
  }

  /** A process has ended: its jobs are accounted for. */
  lost(): void {
    this.#last = this.#last.then(() => this.#recover());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#last;
  }

  async #recover(): Promise<void> {
    if (this.#closed) return;
    this.#again = false;
    try {
      this.#keep(await this.#jobs.recover());
      const resumed = await this.#jobs.endpoints.resume();
      if (resumed.length > 0) this.#log(`Begun anew: ${resumed.join(', ')}`);
      await expelLostWorkers(this.#state);
    } catch (error) {
      this.#log(`Jobs could not be accounted for yet: ${errorMessage(error)}`);
      this.#again = true;
    }
  }

  #keep({ begunAnew, elsewhere }: Recovery): void {
    if (begunAnew.length > 0) this.#log(`Begun anew: ${listNames(begunAnew)}`);
    this.#holders = new Set(elsewhere.map(({ lease }) => lease.worker));
  }

  /** Accounts for the jobs of workers that are away or gone. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      if (this.#again || (await this.#isWorkerLost())) this.lost();
      await this.#last;
    } catch {
      // A state that cannot be read now is looked at again.
    } finally {
      this.#looking = false;
    }
  }

  async #isWorkerLost(): Promise<boolean> {
    const roster = await workerOf(this.#state).roster();
    const known = new Set([...roster.workers].map(({ id }) => id));
    const lost = (worker: string): boolean => !roster.isHeld({ worker });
    return [...known].some(lost) || [...this.#holders].some((worker) => !known.has(worker) && lost(worker));
  }
}

/** `a, b and 3 more` */
function listNames(jobs: readonly { readonly name: string }[]): string {
  const names = jobs.slice(0, MAX_NAMES).map(({ name }) => name);
  const more = jobs.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
