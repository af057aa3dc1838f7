import { isDeepStrictEqual } from 'node:util';
import { onAbort } from '../core/on-abort.ts';
import { isEnded, type JobRecord, type JobType } from '../state/index.ts';
import type { JobChanges } from './changes.ts';

/** How often a job that another process runs is looked at, milliseconds. */
const POLL_INTERVAL_MS = 200;
/** The same for a job of this process, whose changes are pushed. */
const LOCAL_INTERVAL_MS = 5000;

/** What to watch. */
export interface WatchOptions {
  readonly changes: JobChanges;
  readonly type: JobType;
  readonly name: string;
  readonly read: () => Promise<JobRecord>;
  /** Whether this process runs the job, and so tells of its changes at once. */
  readonly local: () => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The record now and after each change: pushed for a job of this process, else looked for. Ends with the job. */
export async function* watchJob(options: WatchOptions): AsyncGenerator<JobRecord> {
  const pending: JobRecord[] = [];
  let wake = (): void => undefined;
  const unsubscribe = options.changes.subscribe(options.type, options.name, (record) => {
    pending.push(record);
    wake();
  });
  using _ = onAbort(options.signal, () => wake());
  try {
    let last = await options.read();
    yield last;
    while (!isEnded(last.status) && !options.signal?.aborted) {
      if (pending.length === 0) await nextChange(options, (resolve) => (wake = resolve));
      const changed = pending.splice(0);
      if (changed.length === 0) changed.push(await options.read());
      for (const record of changed) {
        if (isOlder(record, last) || isDeepStrictEqual(record, last)) continue;
        last = record;
        yield record;
      }
    }
  } finally {
    unsubscribe();
  }
}

async function nextChange(options: WatchOptions, onWake: (resolve: () => void) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  onWake(resolve);
  const timer = setTimeout(resolve, options.local() ? LOCAL_INTERVAL_MS : POLL_INTERVAL_MS);
  await promise;
  clearTimeout(timer);
}

/** What was pushed before the first look may be behind it. Transitions only grow, whatever the clock does. */
function isOlder(a: JobRecord, b: JobRecord): boolean {
  return a.progress.transitions.length < b.progress.transitions.length;
}
