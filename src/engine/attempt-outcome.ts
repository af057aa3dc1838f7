import type { Json } from '../graph/index.ts';
import type { JobStatus } from '../platforms/index.ts';
import type { NodeDetail, RunFailure } from '../state/index.ts';
import type { Retry } from './retry.ts';

/** How one attempt of a node ended. */
export type AttemptOutcome =
  | {
      readonly kind: 'succeeded';
      readonly outputs: Readonly<Record<string, Json>>;
      readonly detail?: NodeDetail;
    }
  | {
      readonly kind: 'failed';
      readonly error: RunFailure;
      readonly detail?: NodeDetail;
      readonly retry: Retry;
      /** Its place is to blame: another one may do. */
      readonly displaced?: JobStatus['displaced'];
    }
  /** The run is being stopped. */
  | { readonly kind: 'aborted'; readonly detail?: NodeDetail };

/** Why an attempt was told to stop. */
export type AttemptStop = 'run' | 'timeout' | 'queue' | undefined;

/** Reads a job's last status. `goesOn`: the attempt was begun before. */
export function outcomeOfJob(
  status: JobStatus,
  {
    stopped,
    timeoutSeconds = 0,
    goesOn = false,
    spot = false,
    hint,
  }: {
    stopped: AttemptStop;
    timeoutSeconds?: number | undefined;
    goesOn?: boolean | undefined;
    spot?: boolean | undefined;
    /** What to do where the job has failed. */
    hint?: string | undefined;
  },
): AttemptOutcome {
  const detail = { ...detailOf(status), ...(spot && spotDetail(status)) };
  if (status.phase === 'succeeded') return { kind: 'succeeded', outputs: status.outputs, detail };
  if (stopped === 'run') return { kind: 'aborted', detail };
  if (stopped === 'timeout')
    return { kind: 'failed', error: timeoutExpired(timeoutSeconds), detail, retry: 'attempt' };
  if (stopped === 'queue') return waitedTooLong(detail);
  const aborted = status.phase === 'aborted';
  const error: RunFailure = {
    code: aborted ? 'JobStopped' : 'JobFailed',
    message: status.message ?? `The job ended as ${status.status}.`,
    fault: status.fault ?? 'user',
    ...(status.logTail && { logTail: status.logTail }),
    ...(hint !== undefined && !aborted && { hint }),
  };
  // It was stopped together with the run, before that could be kept: the run goes on now, and so does the node.
  if (aborted && goesOn)
    return { kind: 'failed', error: { ...error, fault: 'system' }, detail, retry: 'attempt' };
  // Who stops a job by hand does not want it to begin anew.
  const { displaced } = status;
  if (displaced !== undefined)
    return { kind: 'failed', error: { ...error, fault: 'system' }, detail, retry: 'attempt', displaced };
  return { kind: 'failed', error, detail, retry: aborted ? 'never' : 'attempt' };
}

/** The failure of an attempt that got no room in time. */
function waitedTooLong(detail: NodeDetail): AttemptOutcome {
  const error: RunFailure = {
    code: 'CapacityUnavailable',
    message: 'The job waited for room longer than router.maxQueueSeconds.',
    fault: 'system',
  };
  return { kind: 'failed', error, detail, retry: 'attempt', displaced: 'capacity' };
}

/** The failure of an attempt that took too long. */
export function timeoutExpired(seconds: number): RunFailure {
  return {
    code: 'TimeoutExpired',
    message: `The attempt took longer than timeoutSeconds, ${seconds} s.`,
    fault: 'user',
  };
}

/** What the time on spot machines would have been on others. */
function spotDetail({ startedAt, endedAt }: JobStatus): NodeDetail {
  if (!startedAt || !endedAt) return {};
  return { ranSeconds: Math.ceil((endedAt.getTime() - startedAt.getTime()) / 1000) };
}

function detailOf({ metrics, billableSeconds, saved }: JobStatus): NodeDetail {
  return {
    ...(Object.keys(metrics).length > 0 && { metrics }),
    ...(billableSeconds !== undefined && { billableSeconds }),
    ...(saved && { saved }),
  };
}
