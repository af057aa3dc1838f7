import { type Database, type JobRecord, type NewEvent, updateJob } from '../state/index.ts';
import { untilWritten } from './until-written.ts';

/**
 * Keeps the record of a job that this process runs, with its events. What cannot be written now (a full disk, a lock)
 * is written as soon as it can be: neither of them is the job's fault.
 */
export class RecordKeeper {
  readonly #state: Database;
  readonly #hurry = new AbortController();
  #record: JobRecord;
  #events: NewEvent[] = [];
  #saving: Promise<void> | undefined;

  constructor(state: Database, record: JobRecord) {
    this.#state = state;
    this.#record = record;
  }

  /**
   * Resolves once the record is written. Changes that follow each other at once are written as one, each with its event.
   *
   * @throws what the database throws for good
   */
  keep(record: JobRecord, event?: NewEvent): Promise<void> {
    this.#record = record;
    if (event) this.#events.push(event);
    this.#saving ??= this.#save();
    return this.#saving;
  }

  /** The process ends: what cannot be written is given up after a few more tries. */
  hurry(): void {
    this.#hurry.abort();
  }

  async #save(): Promise<void> {
    const { type, name } = this.#record;
    try {
      await untilWritten(`The ${type} job '${name}'`, () => this.#write(), this.#hurry.signal);
    } catch (error) {
      this.#saving = undefined;
      throw error;
    }
  }

  async #write(): Promise<void> {
    let events: NewEvent[] = [];
    try {
      await updateJob(this.#state, () => {
        this.#saving = undefined;
        events = this.#events.splice(0);
        return { record: this.#record, events };
      });
    } catch (error) {
      this.#events.unshift(...events);
      throw error;
    }
  }
}
