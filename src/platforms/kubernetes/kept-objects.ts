import type {
  KubeCondition,
  KubeContainerState,
  KubeContainerStatus,
  KubeJob,
  KubeObject,
  KubePod,
} from './client/objects.ts';
import { plainText } from './client/plain-text.ts';
import { INDEX_LABEL, MARKS } from './cluster-names.ts';

/** What is kept of a Job: thousands of them stay in memory. */
export interface KeptJob {
  /** A JobSet stands for its Job where that is not there yet. */
  readonly kind: 'Job' | 'JobSet';
  readonly name: string;
  readonly uid: string;
  readonly createdAt: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly isSuspended: boolean;
  readonly isEnding: boolean;
  readonly active: number;
  readonly terminating: number;
  readonly startedAt?: string | undefined;
  readonly endedAt?: string | undefined;
  /** Those that hold. */
  readonly conditions: readonly KubeCondition[];
}

/** What is kept of a pod. */
export interface KeptPod {
  readonly name: string;
  /** Of the job's objects. */
  readonly job: string;
  /** From 0. */
  readonly index: number;
  readonly createdAt: string;
  readonly deletedAt?: string | undefined;
  readonly phase: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly node?: string | undefined;
  readonly conditions: readonly KubeCondition[];
  readonly containers: readonly KubeContainerStatus[];
}

/** A job's own objects, and what they say. */
export interface FoundJob {
  readonly job: KeptJob;
  readonly pods: readonly KeptPod[];
}

/** Characters: the end of what a container has printed is what counts. */
const MOST_MESSAGE = 1000;

const JOB_CONDITIONS = new Set(['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet', 'Suspended']);
const POD_CONDITIONS = new Set(['PodScheduled', 'DisruptionTarget', 'Ready']);

/** Pure. */
export function keepJob(object: KubeObject, kind: KeptJob['kind'] = 'Job'): KeptJob {
  const { metadata, spec, status = {} } = object as KubeJob;
  const own = Object.entries(metadata.annotations ?? {}).filter(([name]) => name.startsWith('sluice/'));
  const conditions = (status.conditions ?? []).filter(
    ({ type, status: holds }) => holds === 'True' && JOB_CONDITIONS.has(type),
  );
  return {
    kind,
    name: metadata.name,
    uid: metadata.uid ?? '',
    createdAt: metadata.creationTimestamp ?? '',
    annotations: Object.fromEntries(own),
    isSuspended: spec.suspend ?? false,
    isEnding: metadata.deletionTimestamp !== undefined,
    active: status.active ?? 0,
    terminating: status.terminating ?? 0,
    startedAt: status.startTime,
    endedAt: status.completionTime ?? conditions.find(({ type }) => type === 'Failed')?.lastTransitionTime,
    conditions: conditions.map(({ type, status: holds, reason, message, lastTransitionTime }) => ({
      type,
      status: holds,
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message: plainText(message, 500) }),
      ...(lastTransitionTime !== undefined && { lastTransitionTime }),
    })),
  };
}

/** A job by its Job, as far as that is there, and by the JobSet that it is part of: an end is written on either. Pure. */
export function joinedJob(job: KeptJob | undefined, set: KeptJob | undefined): KeptJob | undefined {
  const { [MARKS.end]: end } = set?.annotations ?? {};
  if (!job) return set;
  if (end === undefined || job.annotations[MARKS.end] !== undefined) return job;
  return { ...job, annotations: { ...job.annotations, [MARKS.end]: end } };
}

/** Pure. */
export function keepPod(object: KubeObject): KeptPod {
  const { metadata, spec, status = {} } = object as KubePod;
  return {
    name: metadata.name,
    job: metadata.labels?.[MARKS.job] ?? '',
    index: Number(metadata.labels?.[INDEX_LABEL] ?? 0),
    createdAt: metadata.creationTimestamp ?? '',
    deletedAt: metadata.deletionTimestamp,
    phase: status.phase ?? 'Unknown',
    reason: status.reason,
    message: status.message && plainText(status.message),
    node: spec.nodeName,
    conditions: (status.conditions ?? [])
      .filter(({ type }) => POD_CONDITIONS.has(type))
      .map(({ message, ...rest }) => ({
        ...rest,
        ...(message !== undefined && { message: plainText(message) }),
      })),
    containers: [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map(
      ({ name, state, restartCount = 0 }) => ({
        name,
        restartCount,
        ...(state && { state: keepState(state) }),
      }),
    ),
  };
}

/** Pure. */
function keepState({ waiting, running, terminated }: KubeContainerState): KubeContainerState {
  const told = <State extends { readonly message?: string }>(state: State): State =>
    state.message === undefined
      ? state
      : { ...state, message: plainText(state.message.slice(-MOST_MESSAGE)) };
  return {
    ...(waiting && { waiting: told(waiting) }),
    ...(running && { running }),
    ...(terminated && { terminated: told(terminated) }),
  };
}
