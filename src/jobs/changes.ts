import type { JobRecord, JobType } from '../state/index.ts';

type Listener = (record: JobRecord) => void;

/** Tells who waits in this process of each change of a job, after it was committed. */
export class JobChanges {
  readonly #listeners = new Map<string, Set<Listener>>();

  publish(record: JobRecord): void {
    for (const listener of this.#listeners.get(key(record.type, record.name)) ?? []) listener(record);
  }

  /** Returns what ends it. */
  subscribe(type: JobType, name: string, listener: Listener): () => void {
    const id = key(type, name);
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }
}

function key(type: JobType, name: string): string {
  return `${type}/${name}`;
}
