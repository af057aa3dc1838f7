import { errorMessage } from '../../core/errors.ts';
import type { Jobs, Recovery } from '../../jobs/index.ts';
import { isProcessAlive, type ProcessIdentity } from '../../state/index.ts';

/** How often the processes that run jobs of earlier servers are looked at, milliseconds. */
const LOOK_INTERVAL_MS = 500;
/** How many names a message has. */
const MAX_NAMES = 10;

/** Accounts for the jobs of processes that have ended, as long as a server runs. */
export class JobKeeper {
  readonly #jobs: Jobs;
  readonly #log: (message: string) => void;
  #last: Promise<unknown> = Promise.resolve();
  #owners: readonly ProcessIdentity[] = [];
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(jobs: Jobs, log: (message: string) => void) {
    this.#jobs = jobs;
    this.#log = log;
  }

  /** Accounts for what has ended, and from then on for what other processes run. @throws SluiceError `HomeLocked`, … */
  async start(): Promise<void> {
    const recovery = await this.#jobs.recover();
    const { elsewhere } = recovery;
    if (elsewhere.length > 0) this.#log(`Going on: ${listNames(elsewhere)}`);
    this.#keep(recovery);
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
    } catch (error) {
      this.#log(`Jobs could not be accounted for yet: ${errorMessage(error)}`);
      this.#again = true;
      this.#look();
    }
  }

  #keep({ begunAnew, elsewhere }: Recovery): void {
    if (begunAnew.length > 0) this.#log(`Begun anew: ${listNames(begunAnew)}`);
    this.#owners = [...new Map(elsewhere.map(({ owner }) => [owner.pid, owner])).values()];
    if (this.#owners.length > 0) this.#look();
  }

  /** Looks until there is nothing to look at. */
  #look(): void {
    this.#timer ??= setInterval(() => {
      if (this.#again || !this.#owners.every(isProcessAlive)) this.lost();
      else if (this.#owners.length === 0) this.#rest();
    }, LOOK_INTERVAL_MS).unref();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** `a, b and 3 more` */
function listNames(jobs: readonly { readonly name: string }[]): string {
  const names = jobs.slice(0, MAX_NAMES).map(({ name }) => name);
  const more = jobs.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
