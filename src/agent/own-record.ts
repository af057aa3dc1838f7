import { MAX_EXIT_MESSAGE_BYTES } from '../contract/exit-message.ts';
import { FAILURE_FILE_READ_BYTES, INTERNAL_SERVER_ERROR } from '../contract/failure-reason.ts';
import { EXIT_MESSAGE_FILE, FAILURE_FILE } from '../contract/paths.ts';
import { errorMessage } from '../core/errors.ts';
import { readJobFile } from '../hosts/index.ts';
import type { AgentJob } from './agent-job.ts';
import { readState } from './agent-state.ts';
import type { ContainerEnd, EndSource } from './ends/end-source.ts';
import { expectedOf, type HostRecord, type RecordedMetric } from './host-record.ts';

/** What this host's container, and what fed it, have come to. Never rejects. */
export async function ownRecord(
  job: AgentJob,
  source: EndSource,
  metrics: readonly RecordedMetric[],
): Promise<HostRecord> {
  const { attempt, digest } = expectedOf(job);
  const { end, unknown } = await endOf(job, source);
  const fed = readState(job.settings.directory, 'fed');
  const left = readState(job.settings.directory, 'feeding') && !fed;
  const failureReason =
    unknown ??
    (left ? `${INTERNAL_SERVER_ERROR} (the agent that feeds has ended early)` : fed?.failureReason);
  return {
    attempt,
    digest,
    host: job.host.name,
    end,
    ...(failureReason !== undefined && { failureReason }),
    failure: readJobFile(job.host, FAILURE_FILE, FAILURE_FILE_READ_BYTES)?.toString('base64'),
    // One byte more than is kept shows that a character was cut.
    message: readJobFile(job.host, EXIT_MESSAGE_FILE, MAX_EXIT_MESSAGE_BYTES + 1)?.toString('base64'),
    metrics,
    parts: {},
  };
}

/** An end that cannot be known is no success. */
async function endOf(
  job: AgentJob,
  source: EndSource,
): Promise<{ readonly end: ContainerEnd; readonly unknown?: string }> {
  const stopping = readState(job.settings.directory, 'stopping') ?? false;
  try {
    const end = await source.end();
    if (end.exitCode === undefined && !end.stopped)
      throw new Error(end.reason ?? 'its exit code is not known');
    return { end: { ...end, stopped: end.stopped || stopping } };
  } catch (error) {
    job.note(`How the container ended cannot be known: ${errorMessage(error)}`);
    const unknown = `${INTERNAL_SERVER_ERROR} (how the container ended cannot be known: ${errorMessage(error)})`;
    return { end: { stopped: stopping }, unknown };
  }
}
