import { algorithmError, FAILURE_FILE_READ_BYTES } from '../contract/failure-reason.ts';
import { FAILURE_FILE } from '../contract/paths.ts';
import type { JobFailed, JobOutcome } from '../state/index.ts';
import { readJobFile } from './job-host.ts';
import type { JobLife } from './job-life.ts';
import type { HostResult } from './run-hosts.ts';

/** How a job has failed whose commands ended by themselves, or undefined when all of them went well. */
export function algorithmFailure(results: readonly HostResult[]): JobFailed | undefined {
  const failed = results.filter((result) => result.exitCode !== 0);
  // Hosts that were stopped because another one had failed are not the cause.
  const first = failed.find((result) => !result.stopped) ?? failed[0];
  if (!first) return undefined;
  const failure = readJobFile(first.host, FAILURE_FILE, FAILURE_FILE_READ_BYTES);
  const failureReason = algorithmError(first.exitCode, failure ?? first.failure ?? '');
  return { status: 'Failed', failureReason, failedHost: first.host.name };
}

/** How a job ends whose commands have: its failure, unless it was stopped. */
export function outcomeOf({ stopReason }: JobLife, failure: JobFailed | undefined): JobOutcome {
  if (failure) return failure;
  return stopReason ? { status: 'Stopped', reason: stopReason } : { status: 'Completed' };
}
