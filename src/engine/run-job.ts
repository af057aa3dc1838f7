import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../core/errors.ts';
import { isPassing } from '../core/is-passing.ts';
import { onAbort } from '../core/on-abort.ts';
import {
  isTerminal,
  type JobHandle,
  type JobStatus,
  type Platform,
  type TaskInvocation,
} from '../platforms/index.ts';
import { isLeaseLost } from '../state/index.ts';

/** Between two tries to cancel a job, milliseconds; doubles up to the limit. */
const CANCEL_AGAIN_MS = { first: 500, limit: 30_000 };

/** One attempt of a job. */
export interface JobAttempt {
  readonly platform: Platform;
  readonly invocation: TaskInvocation;
  readonly idempotencyKey: string;
  /** What `submit` has answered before, perhaps in another process. Absent: the job is submitted. */
  readonly handle: JobHandle | undefined;
  /** Aborted to stop the job. */
  readonly signal: AbortSignal;
  /** Keeps what `submit` has answered; the job is watched once this has resolved. */
  readonly onSubmitted: (handle: JobHandle) => Promise<void>;
  readonly onStatus: (status: JobStatus) => void;
}

/**
 * Submits a job, or goes on with one that was submitted, and follows it to its end. When the signal is aborted the job
 * is stopped, also where it was just being submitted; then too it resolves with the job's last status. Where the run was
 * lost to another worker, or is left because the state is away, the job is left to whoever carries the run on.
 *
 * @throws SluiceError `JobNotFound` where the platform no longer knows the job of the handle; whatever the platform
 *   throws: the job may still run then, and the same handle or key finds it.
 */
export async function runJob(attempt: JobAttempt): Promise<JobStatus> {
  const { platform, invocation, idempotencyKey, signal } = attempt;
  const handle = attempt.handle ?? (await platform.submit(invocation, { idempotencyKey, signal }));
  const ended = new AbortController();
  let cancelling: Promise<void> | undefined;
  const leaving = new AbortController();
  const { promise: left, reject: leave } = Promise.withResolvers<never>();
  left.catch(() => undefined);
  using _ = onAbort(signal, () => {
    if (!isLeaseLost(signal.reason) && !isPassing(signal.reason)) {
      cancelling = cancel(platform, handle, ended.signal);
      return;
    }
    leaving.abort();
    leave(signal.reason);
  });
  try {
    if (!attempt.handle) await attempt.onSubmitted(handle);
    return await Promise.race([follow(platform, handle, attempt.onStatus, leaving.signal), left]);
  } finally {
    ended.abort();
    await cancelling;
  }
}

/** Asks until the platform has heard it, or the job has ended. Never rejects. */
async function cancel(platform: Platform, handle: JobHandle, ended: AbortSignal): Promise<void> {
  for (let waitMs = CANCEL_AGAIN_MS.first; ; waitMs = Math.min(waitMs * 2, CANCEL_AGAIN_MS.limit)) {
    try {
      return await platform.cancel(handle);
    } catch {
      if (await sleep(waitMs, false, { signal: ended }).catch(() => true)) return;
    }
  }
}

async function follow(
  platform: Platform,
  handle: JobHandle,
  onStatus: (status: JobStatus) => void,
  signal: AbortSignal,
): Promise<JobStatus> {
  for await (const status of platform.watch(handle, { signal })) {
    onStatus(status);
    if (isTerminal(status)) return status;
  }
  const last = await platform.status(handle);
  if (isTerminal(last)) return last;
  throw new SluiceError(
    'InternalError',
    `The platform '${platform.name}' ended the watch of job '${handle.jobName}' before the job.`,
  );
}
