import { isDeepStrictEqual } from 'node:util';
import { onAbort } from '../core/on-abort.ts';
import type { JobHandle } from './job-handle.ts';
import { isTerminal, type JobStatus } from './platform.ts';

/** What a watcher is told: a status, or what ended the watch. */
type Told = { readonly status: JobStatus } | { readonly error: unknown } | 'ended';

/** One that watches a job: what it was told waits until it asks. */
export class Watcher {
  readonly #told: Told[] = [];
  #wake = (): void => undefined;

  tell(told: Told): void {
    this.#told.push(told);
    this.#wake();
  }

  /** Ends with a terminal status, once it is told that it has ended, or with the signal. */
  async *statuses(signal: AbortSignal | undefined): AsyncGenerator<JobStatus> {
    using _ = onAbort(signal, () => this.tell('ended'));
    for (;;) {
      const told = this.#told.shift();
      if (told === undefined) await this.#next();
      else if (told === 'ended' || signal?.aborted) return;
      else if ('error' in told) throw told.error;
      else {
        yield told.status;
        if (isTerminal(told.status)) return;
      }
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** A job that somebody watches. Times are milliseconds of a clock that never jumps. */
export class WatchedJob {
  readonly handle: JobHandle;
  readonly watchers = new Set<Watcher>();
  changedAt: number;
  /** When it is to be asked for. */
  dueAt: number;
  /** Since when it could not be told. */
  failingSince: number | undefined;
  #last: JobStatus | undefined;

  constructor(handle: JobHandle, now: number) {
    this.handle = handle;
    this.changedAt = now;
    this.dueAt = now;
  }

  /** Who comes later is told what is known at once. */
  watch(): Watcher {
    const watcher = new Watcher();
    this.watchers.add(watcher);
    if (this.#last) watcher.tell({ status: this.#last });
    return watcher;
  }

  /** Tells a status that differs from the last one. */
  see(status: JobStatus, now: number): void {
    this.failingSince = undefined;
    if (isDeepStrictEqual(status, this.#last)) return;
    this.#last = status;
    this.changedAt = now;
    for (const watcher of this.watchers) watcher.tell({ status });
  }

  end(told: Told): void {
    for (const watcher of this.watchers) watcher.tell(told);
  }
}
