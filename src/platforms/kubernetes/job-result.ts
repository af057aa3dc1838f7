import { type AgentDocument } from '../../contract/agent-document.ts';
import type { AgentResult } from '../../contract/agent-result.ts';
import { INTERNAL_SERVER_ERROR } from '../../contract/failure-reason.ts';
import { describeEnd, type JobEnd } from '../agent-jobs/describe-end.ts';
import type { JobState } from './job-state.ts';

/**
 * What a job came to, as SageMaker's Describe would say it: what the agent's result says, and why the cluster or Sluice
 * ended it. Without a result nothing has succeeded. Pure.
 *
 * @param result undefined where there is none that counts
 * @param why that is so
 */
export function describeJob(
  document: AgentDocument,
  state: JobState,
  result: AgentResult | undefined,
  why: string | undefined,
): { readonly description: object; readonly displaced?: 'capacity' | 'interruption' } {
  const end = endOf(state, result, why);
  const { displaced } = end;
  return { description: describeEnd(document, state, end, result), ...(displaced && { displaced }) };
}

function endOf({ end }: JobState, result: AgentResult | undefined, why: string | undefined): JobEnd {
  // It had come to its end before anything ended it.
  if (result?.status === 'Completed') return { status: 'Completed', secondary: 'Completed' };
  switch (end?.reason) {
    case 'Stopped':
      return { status: 'Stopped', secondary: 'Stopped' };
    case 'MaxRuntimeExceeded':
      return { status: 'Stopped', secondary: 'MaxRuntimeExceeded' };
    case 'ImageNotPulled':
      return {
        status: 'Failed',
        secondary: 'Failed',
        reason: `ClientError: The image cannot be pulled. ${end.message ?? ''}`.trim(),
      };
    case 'NotStarted':
      return {
        status: 'Failed',
        secondary: 'Failed',
        reason: `ClientError: The job could not be started. ${end.message ?? ''}`.trim(),
      };
    case 'NoRoom':
      return {
        status: 'Failed',
        secondary: 'Failed',
        reason: `CapacityError: The cluster has no room for the job. ${end.message ?? ''}`.trim(),
        displaced: 'capacity',
      };
    case 'VolumeFull':
      return {
        status: 'Failed',
        secondary: 'Failed',
        reason:
          `ClientError: No space is left on a volume of the job: volumeSizeInGB says how much there is. ${end.message ?? ''}`.trim(),
      };
    case 'NodeLost':
    case 'Disrupted':
      return {
        status: 'Failed',
        secondary: 'Failed',
        reason: `InternalServerError: The job was interrupted: ${end.message ?? ''}`.trim(),
        displaced: 'interruption',
      };
    default:
      return failure(result, [why, end?.message].filter(Boolean).join(' '));
  }
}

function failure(result: AgentResult | undefined, why: string): JobEnd {
  if (result?.status === 'Failed')
    return { status: 'Failed', secondary: 'Failed', reason: result.failureReason ?? INTERNAL_SERVER_ERROR };
  // The container was being ended, and nobody has said why: an eviction whose pod is gone already.
  if (result?.status === 'Stopped')
    return {
      status: 'Failed',
      secondary: 'Failed',
      reason: 'InternalServerError: The job was interrupted: the cluster ended its pod.',
      displaced: 'interruption',
    };
  return {
    status: 'Failed',
    secondary: 'Failed',
    reason: `InternalServerError: The job left no result. ${why}`.trim(),
  };
}
