import type { JobStatus } from '../platform.ts';

/** Ends that are kept. */
const MOST = 1000;

/** How jobs have ended, by a key of each: one that has ended stays as it is, and is read once. */
export class KeptEnds {
  readonly #ends = new Map<string, JobStatus>();

  has(key: string): boolean {
    return this.#ends.has(key);
  }

  /** The end that is kept, else the one that is read. */
  async of(key: string, read: () => Promise<JobStatus>): Promise<JobStatus> {
    const known = this.#ends.get(key);
    if (known) return known;
    const status = await read();
    if (this.#ends.size >= MOST) this.#ends.delete(this.#ends.keys().next().value as string);
    this.#ends.set(key, status);
    return status;
  }
}
