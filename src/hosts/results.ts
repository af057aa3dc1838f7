import { algorithmError, FAILURE_FILE_READ_BYTES } from '../contract/failure-reason.ts';
import { FAILURE_FILE } from '../contract/paths.ts';
import { type Host, readJobFile } from './host.ts';

/** How one host's command ended. */
export interface HostEnd {
  readonly host: Pick<Host, 'name' | 'mlDirectory'>;
  readonly exitCode: number;
  /** Whether it was asked to end before. */
  readonly stopped: boolean;
  /** What the container itself says of a failure. */
  readonly failure?: string | undefined;
}

/** A job whose algorithm has failed. */
export interface AlgorithmFailure {
  readonly status: 'Failed';
  readonly failureReason: string;
  readonly failedHost: string;
}

/** How a job has failed whose commands ended by themselves, or undefined when all of them went well. */
export function algorithmFailure(ends: readonly HostEnd[]): AlgorithmFailure | undefined {
  const failed = ends.filter((end) => end.exitCode !== 0);
  // Hosts that were stopped because another one had failed are not the cause.
  const first = failed.find((end) => !end.stopped) ?? failed[0];
  if (!first) return undefined;
  const failure = readJobFile(first.host, FAILURE_FILE, FAILURE_FILE_READ_BYTES);
  const failureReason = algorithmError(first.exitCode, failure ?? first.failure ?? '');
  return { status: 'Failed', failureReason, failedHost: first.host.name };
}
