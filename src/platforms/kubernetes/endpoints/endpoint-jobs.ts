import { SluiceError } from '../../../core/errors.ts';
import { pollUntil } from '../../../core/poll-until.ts';
import type { JobHandle } from '../../job-handle.ts';
import type { JobStatus, LogLine, LogOptions } from '../../platform.ts';
import { objectName } from '../cluster-names.ts';
import { endpointLogLines } from './endpoint-logs.ts';
import type { FailedChange } from './endpoint-marks.ts';
import type { FoundEndpoint } from './endpoint-state.ts';
import type { KubernetesEndpoints } from './kubernetes-endpoints.ts';

/** The cluster itself may be quicker so often. Milliseconds. */
const CANCEL = { everyMs: 100, limitMs: 60_000 };

/**
 * A change of an endpoint, as a job of a platform: its name is that of the configuration which the endpoint is to have,
 * the endpoint's own is the handle's `ref`.
 */
export async function endpointStatus(endpoints: KubernetesEndpoints, handle: JobHandle): Promise<JobStatus> {
  const name = endpointOf(handle);
  const found = await endpoints.look(name);
  if (!found) throw jobNotFound(handle);
  const { marks, status } = found.state;
  const { failed } = marks;
  if (failed?.configuration === handle.jobName)
    return failed.isCancelled ? aborted(found) : failedStatus(found, failed);
  // The one after it has begun already.
  const hasServed = marks.previous === handle.jobName && status === 'Updating';
  if (hasServed || (marks.configuration === handle.jobName && status === 'InService'))
    return {
      ...timesOf(found),
      phase: 'succeeded',
      status: 'InService',
      outputs: { endpointName: name, url: await endpoints.url(name) },
      metrics: {},
    };
  if (marks.configuration === handle.jobName) return underWay(found);
  if (status === 'Creating' || status === 'Updating') return underWay(found);
  if (marks.endpoint !== name) throw jobNotFound(handle);
  return failedStatus(found, {
    configuration: handle.jobName,
    reason: `The endpoint serves ${marks.configuration} by now: somebody else has changed it.`,
  });
}

/** What the change is made for is not wanted any more. One that is over stays. */
export async function cancelEndpoint(endpoints: KubernetesEndpoints, handle: JobHandle): Promise<void> {
  const isDone = async (): Promise<boolean> => {
    const found = await endpoints.look(endpointOf(handle));
    if (!found) return true;
    const { marks, status } = found.state;
    const isUnderWay = status === 'Creating' || status === 'Updating';
    if (marks.configuration !== handle.jobName || !isUnderWay) return true;
    const reason =
      marks.previous === undefined
        ? 'The endpoint that was begun is deleted.'
        : `The endpoint was there before, and serves ${marks.previous}.`;
    return endpoints.takeBack(found, { configuration: handle.jobName, reason, isCancelled: true });
  };
  if (await pollUntil(isDone, CANCEL)) return;
  throw new SluiceError('EndpointBusy', `The endpoint '${endpointOf(handle)}' is being changed by others.`);
}

/** What the pods of the change have printed. */
export async function* endpointLogs(
  endpoints: KubernetesEndpoints,
  handle: JobHandle,
  options: LogOptions,
): AsyncGenerator<LogLine> {
  const name = endpointOf(handle);
  if (!(await endpoints.look(name))) throw jobNotFound(handle);
  yield* endpointLogLines(endpoints.objects, {
    ...options,
    name: objectName(name),
    configuration: handle.jobName,
    isOver: async () => {
      const { status } = (await endpoints.look(name))?.state ?? {};
      return status !== 'Creating' && status !== 'Updating';
    },
  });
}

function underWay(found: FoundEndpoint): JobStatus {
  const { status } = found.state;
  const message =
    status === 'Updating' ? 'What it had serves until the new answers.' : 'Its model servers are started.';
  const { endedAt: _, ...times } = timesOf(found);
  return { ...times, phase: 'running', status, secondaryStatus: status, message, outputs: {}, metrics: {} };
}

function failedStatus(found: FoundEndpoint, { reason, isDisplaced, logTail = [] }: FailedChange): JobStatus {
  return {
    ...timesOf(found),
    phase: 'failed',
    status: 'Failed',
    message: reason,
    fault: isDisplaced ? 'system' : 'user',
    ...(isDisplaced && { displaced: 'capacity' as const }),
    outputs: {},
    metrics: {},
    ...(logTail.length > 0 && { logTail }),
  };
}

function aborted(found: FoundEndpoint): JobStatus {
  const message = found.state.marks.failed?.reason ?? '';
  return { ...timesOf(found), phase: 'aborted', status: 'Stopped', message, outputs: {}, metrics: {} };
}

function timesOf({ deployment, state }: FoundEndpoint): { createdAt: Date; startedAt: Date; endedAt: Date } {
  const changedAt = new Date(state.marks.changedAt);
  const createdAt = new Date(deployment.metadata.creationTimestamp ?? changedAt);
  return { createdAt, startedAt: createdAt, endedAt: changedAt };
}

/** @throws SluiceError `HomeDamaged` */
function endpointOf({ ref, jobName }: JobHandle): string {
  if (ref !== undefined) return ref;
  throw new SluiceError('HomeDamaged', `The handle of '${jobName}' names no endpoint.`);
}

function jobNotFound({ jobName, ref }: JobHandle): SluiceError {
  return new SluiceError('JobNotFound', `There is no change '${jobName}' of an endpoint '${ref}' any more.`, {
    hint: 'The endpoint was deleted, or is another one of the name.',
  });
}
