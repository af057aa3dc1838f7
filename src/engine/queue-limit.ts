import { startTimer } from '../core/long-timer.ts';
import type { JobStatus } from '../platforms/index.ts';

/** How long a job may wait for room. */
export interface QueueLimit {
  /** Aborted once it has waited too long. */
  readonly signal: AbortSignal | undefined;
  /** Takes in what the job says of itself. */
  note(status: JobStatus): void;
  end(): void;
}

/** Limits how long a job waits before it runs, from its creation on. @param maxMs absent: it may wait for ever */
export function queueLimit(maxMs: number | undefined): QueueLimit {
  if (maxMs === undefined) return { signal: undefined, note: () => undefined, end: () => undefined };
  const controller = new AbortController();
  let endTimer: (() => void) | undefined;
  const end = (): void => {
    endTimer?.();
    endTimer = undefined;
  };
  return {
    signal: controller.signal,
    note: ({ phase, createdAt }) => {
      if (phase !== 'queued' && phase !== 'initializing') return end();
      const leftMs = Math.max(createdAt.getTime() + maxMs - Date.now(), 0);
      endTimer ??= startTimer(
        leftMs,
        () => controller.abort(new Error('The job waited too long for room.')),
        {
          keepsAlive: true,
        },
      );
    },
    end,
  };
}
