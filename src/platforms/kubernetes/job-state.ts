/**
 * What a Job and its pods say of a job: where it is, or why it has ended. What it came to says the agent's result alone: a
 * pod that was evicted and ended with 0 counts as succeeded for Kubernetes.
 */
import { STOP_GRACE_SECONDS, USER_CONTAINER } from '../../contract/agent-places.ts';
import type { KubernetesSettings } from '../../core/platforms-settings.ts';
import type { KubeContainerStatus } from './client/objects.ts';
import { MARKS } from './cluster-names.ts';
import { START_SECONDS } from './job-manifest.ts';
import type { KeptJob, KeptPod } from './kept-objects.ts';
import { graceSeconds } from './pod-template.ts';

/** Why Sluice has ended a job: it is written on the job before anything is stopped. */
export interface JobEnd {
  readonly reason: 'Stopped' | 'MaxRuntimeExceeded' | 'ImageNotPulled' | 'NoRoom' | 'NotStarted' | 'NodeLost';
  readonly message?: string | undefined;
}

/** Where a job is. */
export interface JobState {
  readonly phase: 'queued' | 'initializing' | 'running' | 'stopping' | 'ended';
  /** SageMaker's own. */
  readonly secondaryStatus: string;
  readonly message?: string | undefined;
  readonly createdAt: Date;
  readonly startedAt?: Date | undefined;
  readonly endedAt?: Date | undefined;
  /** Why it is being ended, or was: by Sluice, by its deadline, or by the cluster. */
  readonly end?:
    | JobEnd
    | { readonly reason: 'Disrupted' | 'VolumeFull' | 'Failed'; readonly message?: string }
    | undefined;
  /** What has to be done now: the job is to be ended. */
  readonly toEnd?: JobEnd | undefined;
  /** Pods whose program heeds no signal to end: once there is a result, nobody needs them. */
  readonly toKill?: readonly KeptPod[] | undefined;
}

/** Waiting reasons of a container whose image does not come. */
const NO_IMAGE =
  /^(ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable)$/;
/** Those that no time mends. */
const WRONG_IMAGE = /^(InvalidImageName|ErrImageNeverPull)$/;
/** Waiting reasons of a container that cannot be made: a Secret that is not there, a command that does not exist. */
const NO_CONTAINER = /^(CreateContainerConfigError|CreateContainerError|RunContainerError)$/;
/** The kubelet ends a pod at once that fills what it was given: nobody else's doing, and no better elsewhere. */
const FULL =
  /^(Usage of EmptyDir volume|Pod ephemeral local storage usage exceeds|Container \S+ exceeded its local ephemeral storage limit)/;
const IMAGE_PULL_SECONDS = 300;
/** A pod whose end was begun is gone after its grace; one whose node is gone is not. Seconds. */
const LOST_SECONDS = 60;

/** Pure. @param now milliseconds since 1970 */
export function jobState(
  job: KeptJob,
  pods: readonly KeptPod[],
  settings: KubernetesSettings,
  now: number,
): JobState {
  const end = endOf(job, pods);
  const times = timesOf(job, pods);
  if (hasEnded(job, pods, end)) {
    return { phase: 'ended', secondaryStatus: 'Completed', ...times, endedAt: endedAt(job, pods), end };
  }
  const toKill = pods.filter((pod) => isOverGrace(pod, settings, now));
  const lost = lostPod(pods, settings, now);
  const toLose: JobEnd | undefined = lost && {
    reason: 'NodeLost',
    message: `The node ${lost.node ?? ''} of host algo-${lost.index + 1} is gone.`,
  };
  if (end && end.reason !== 'Failed') {
    return {
      phase: 'stopping',
      secondaryStatus: 'Stopping',
      ...times,
      end,
      message: end.message,
      ...(toLose && { toEnd: toLose }),
      ...(toKill.length > 0 && { toKill }),
    };
  }
  const place = placeOf(job, pods);
  return { ...place, ...times, toEnd: toLose ?? limitOf(job, pods, place, times.startedAt, settings, now) };
}

/** Where a job is that nobody ends. */
function placeOf(
  job: KeptJob,
  pods: readonly KeptPod[],
): Pick<JobState, 'phase' | 'secondaryStatus' | 'message'> {
  if (job.isSuspended)
    return {
      phase: 'queued',
      secondaryStatus: 'Pending',
      message: 'The job is suspended: it waits for its queue.',
    };
  if (pods.length === 0)
    return { phase: 'queued', secondaryStatus: 'Pending', message: 'No pod was made yet.' };
  const unscheduled = pods.map(unschedulable).find((message) => message !== undefined);
  if (unscheduled !== undefined) return { phase: 'queued', secondaryStatus: 'Pending', message: unscheduled };
  const waiting = pods.map(waitingContainer).find((found) => found !== undefined);
  if (waiting)
    return {
      phase: 'initializing',
      secondaryStatus: 'DownloadingTrainingImage',
      message: waitingText(waiting),
    };
  const mains = pods.map((pod) => containerOf(pod, USER_CONTAINER));
  if (mains.every((main) => main?.state?.terminated))
    return { phase: 'running', secondaryStatus: 'Uploading' };
  if (mains.some((main) => main?.state?.running)) return { phase: 'running', secondaryStatus: 'Training' };
  const isPreparing = pods.some((pod) => containerOf(pod, 'prepare')?.state?.running);
  return isPreparing
    ? { phase: 'initializing', secondaryStatus: 'Downloading' }
    : { phase: 'initializing', secondaryStatus: 'Starting' };
}

/** What is over time. */
function limitOf(
  job: KeptJob,
  pods: readonly KeptPod[],
  { phase }: Pick<JobState, 'phase'>,
  startedAt: Date | undefined,
  { startSeconds = START_SECONDS, imagePullSeconds = IMAGE_PULL_SECONDS }: KubernetesSettings,
  now: number,
): JobEnd | undefined {
  const waiting = pods.map(waitingContainer).find((found) => found !== undefined);
  const oldest = Math.min(...pods.map(({ createdAt }) => Date.parse(createdAt)));
  if (waiting) {
    const reason = waiting.state?.waiting?.reason ?? '';
    if (isWrongImage(waiting) || now - oldest > imagePullSeconds * 1000)
      return {
        reason: NO_IMAGE.test(reason) ? 'ImageNotPulled' : 'NotStarted',
        message: waitingText(waiting),
      };
  }
  const maxRuntimeSeconds = Number(job.annotations[MARKS.maxRuntime] ?? Number.POSITIVE_INFINITY);
  const isUploading =
    pods.length > 0 && pods.every((pod) => containerOf(pod, USER_CONTAINER)?.state?.terminated);
  if (startedAt && !isUploading && now - startedAt.getTime() > maxRuntimeSeconds * 1000)
    return { reason: 'MaxRuntimeExceeded' };
  if (startedAt || (phase !== 'queued' && phase !== 'initializing')) return undefined;
  const waitedMs = now - Date.parse(job.createdAt);
  if (waitedMs <= startSeconds * 1000) return undefined;
  const message = pods.map(unschedulable).find((text) => text !== undefined);
  if (phase === 'queued') return { reason: 'NoRoom', message: message ?? 'The queue did not let it start.' };
  return { reason: 'NotStarted', message: `It did not start within ${startSeconds} s.` };
}

/** Only `Complete` and `Failed` are ends: `FailureTarget` and `SuccessCriteriaMet` come before them. */
function hasEnded(job: KeptJob, pods: readonly KeptPod[], end: JobState['end']): boolean {
  const isOver = job.conditions.some(({ type }) => type === 'Complete' || type === 'Failed');
  // Where it is over for the cluster, its agent may still be at work.
  if (pods.some(({ phase }) => phase === 'Running' || (phase === 'Pending' && !isOver))) return false;
  if (isOver || !end) return isOver;
  // Suspended before it began: no pod will tell of its end.
  return job.isSuspended || (end.reason === 'NodeLost' && job.active === 0);
}

function endOf(job: KeptJob, pods: readonly KeptPod[]): JobState['end'] {
  const written = job.annotations[MARKS.end];
  if (written !== undefined) return parseEnd(written);
  const failed = job.conditions.find(({ type }) => type === 'FailureTarget' || type === 'Failed');
  if (failed?.reason === 'DeadlineExceeded') return { reason: 'MaxRuntimeExceeded' };
  const evicted = pods.find(({ reason }) => reason === 'Evicted');
  if (evicted && FULL.test(evicted.message ?? ''))
    return { reason: 'VolumeFull', message: evicted.message ?? '' };
  const disrupted = pods
    .flatMap(({ conditions }) => conditions)
    .find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
  if (disrupted) return { reason: 'Disrupted', message: disrupted.message ?? disrupted.reason ?? '' };
  if (evicted) return { reason: 'Disrupted', message: evicted.message ?? '' };
  if (failed?.reason === 'PodFailurePolicy') return { reason: 'Disrupted', message: failed.message ?? '' };
  return failed && { reason: 'Failed', message: agentsWords(pods) ?? failed.message ?? '' };
}

/** Whether it waits for an image that never comes. Pure. */
export function isWrongImage({ state }: KubeContainerStatus): boolean {
  return WRONG_IMAGE.test(state?.waiting?.reason ?? '');
}

/** The end of what the agent printed where it failed: why there is no result. */
function agentsWords(pods: readonly KeptPod[]): string | undefined {
  const failed = pods
    .flatMap(({ containers }) => containers)
    .find(({ name, state }) => name !== USER_CONTAINER && (state?.terminated?.exitCode ?? 0) !== 0);
  const message = failed?.state?.terminated?.message?.trim().slice(-1000);
  return failed && `${failed.name}: ${message || `exit code ${failed.state?.terminated?.exitCode}`}`;
}

function parseEnd(text: string): JobEnd {
  try {
    return JSON.parse(text) as JobEnd;
  } catch {
    return { reason: 'Stopped' };
  }
}

function timesOf(job: KeptJob, pods: readonly KeptPod[]): Pick<JobState, 'createdAt' | 'startedAt'> {
  const starts = pods.flatMap((pod) => {
    const { running, terminated } = containerOf(pod, USER_CONTAINER)?.state ?? {};
    const at = running?.startedAt ?? terminated?.startedAt;
    return at === undefined ? [] : [Date.parse(at)];
  });
  return {
    createdAt: new Date(job.createdAt),
    ...(starts.length > 0 && { startedAt: new Date(Math.min(...starts)) }),
  };
}

function endedAt(job: KeptJob, pods: readonly KeptPod[]): Date {
  const ends = pods.flatMap(({ containers }) =>
    containers.flatMap(({ state }) => state?.terminated?.finishedAt ?? []),
  );
  const last = ends.map((at) => Date.parse(at)).reduce((a, b) => Math.max(a, b), 0);
  return new Date(job.endedAt === undefined ? last || Date.parse(job.createdAt) : Date.parse(job.endedAt));
}

function unschedulable({ conditions, name }: KeptPod): string | undefined {
  const found = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  return found && `${found.reason ?? 'Unschedulable'}: ${found.message ?? name}`;
}

/** One that waits for what may never come: its image, a Secret. Pure. */
export function waitingContainer({ containers }: KeptPod): KubeContainerStatus | undefined {
  return containers.find(({ state }) => {
    const reason = state?.waiting?.reason ?? '';
    return NO_IMAGE.test(reason) || NO_CONTAINER.test(reason);
  });
}

/** What the kubelet says of it. Pure. */
export function waitingText({ name, state }: KubeContainerStatus): string {
  const { reason = '', message = '' } = state?.waiting ?? {};
  return `Container '${name}': ${reason}${message === '' ? '' : `: ${message}`}`.slice(0, 1000);
}

/** One that should be gone by now. */
function lostPod(pods: readonly KeptPod[], settings: KubernetesSettings, now: number): KeptPod | undefined {
  return pods.find(({ deletedAt, phase }) => {
    // The time of the deletion has the grace in it already.
    if (deletedAt === undefined || phase === 'Succeeded' || phase === 'Failed') return false;
    return (
      now - Date.parse(deletedAt) >
      LOST_SECONDS * 1000 + (graceSeconds(settings) < STOP_GRACE_SECONDS ? STOP_GRACE_SECONDS * 1000 : 0)
    );
  });
}

/** One that is still there when the job's own grace is over: the rest is the upload's. */
function isOverGrace({ deletedAt, phase }: KeptPod, settings: KubernetesSettings, now: number): boolean {
  if (deletedAt === undefined || phase !== 'Running') return false;
  const askedAt = Date.parse(deletedAt) - graceSeconds(settings) * 1000;
  return now - askedAt > STOP_GRACE_SECONDS * 1000;
}

/** A container of a pod. Pure. */
export function containerOf({ containers }: KeptPod, name: string): KubeContainerStatus | undefined {
  return containers.find((container) => container.name === name);
}
