import { SluiceError } from '../core/errors.ts';
import { onAbort } from '../core/on-abort.ts';
import type { JobHandle, JobStatus, Platform, SubmitOptions, TaskInvocation } from '../platforms/index.ts';

/** One attempt of a job. */
export interface JobAttempt {
  readonly platform: Platform;
  readonly invocation: TaskInvocation;
  readonly idempotencyKey: string;
  /** Aborted to stop the job. */
  readonly signal: AbortSignal;
  readonly onStatus: (status: JobStatus) => void;
}

/**
 * Submits a job, or finds it again, and follows it to its end. When the signal is aborted the job is stopped; then
 * too it resolves with the job's last status.
 *
 * @throws whatever the platform throws; the job may still run then, and the same key finds it.
 */
export async function runJob(attempt: JobAttempt): Promise<JobStatus> {
  const { platform, signal } = attempt;
  const options: SubmitOptions = { idempotencyKey: attempt.idempotencyKey, signal };
  const handle = await platform.submit(attempt.invocation, options);
  let cancelling: Promise<void> | undefined;
  const cancel = (): void => {
    cancelling ??= platform.cancel(handle);
    // Awaited below; the status may come first.
    cancelling.catch(() => undefined);
  };
  using _ = onAbort(signal, cancel);
  const status = await follow(platform, handle, attempt.onStatus);
  await cancelling;
  return status;
}

async function follow(
  platform: Platform,
  handle: JobHandle,
  onStatus: (status: JobStatus) => void,
): Promise<JobStatus> {
  for await (const status of platform.watch(handle)) {
    onStatus(status);
    if (isEnded(status)) return status;
  }
  const last = await platform.status(handle);
  if (isEnded(last)) return last;
  throw new SluiceError(
    'InternalError',
    `The platform '${platform.name}' ended the watch of job '${handle.jobName}' before the job.`,
  );
}

function isEnded({ phase }: JobStatus): boolean {
  return phase === 'succeeded' || phase === 'failed' || phase === 'aborted';
}
