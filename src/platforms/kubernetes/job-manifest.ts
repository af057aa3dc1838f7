import type { KubernetesSettings } from '../../core/platforms-settings.ts';
import { MARKS, QUEUE_LABEL, REPLICATED_JOB } from './cluster-names.ts';
import { type PodPlan, podTemplate } from './pod-template.ts';

/** What is written on a job, so that any process finds all about it. */
export interface JobMarks {
  readonly jobName: string;
  readonly jobType: string;
  readonly request: string;
  readonly attempt: string;
  /** `s3://…/` */
  readonly results: string;
  readonly maxRuntimeSeconds: number;
}

/** How long a job may take to get room and to start, where the settings do not say: seconds. */
export const START_SECONDS = 3600;
const KEEP_SECONDS = 7 * 86_400;

/** Where a Job and a JobSet are created, below `/apis/`. */
export const JOBS = 'batch/v1';
export const JOB_SETS = 'jobset.x-k8s.io/v1alpha2';

/** The Job of a plan: one completion for each host. Pure. */
export function jobManifest(plan: PodPlan, marks: JobMarks): object {
  const { name } = plan;
  return {
    apiVersion: JOBS,
    kind: 'Job',
    metadata: { name, ...jobMetadata(plan, marks) },
    spec: jobSpec(plan, marks),
  };
}

/** The same as a JobSet of one Job, which is let start and removed with its set. Pure. */
export function jobSetManifest(plan: PodPlan, marks: JobMarks): object {
  const metadata = jobMetadata(plan, marks);
  const { [QUEUE_LABEL]: _queue, ...labels } = metadata.labels;
  const { suspend: _suspend, ttlSecondsAfterFinished, ...spec } = jobSpec(plan, marks);
  const template = { metadata: { ...metadata, labels }, spec };
  return {
    apiVersion: JOB_SETS,
    kind: 'JobSet',
    metadata: { name: plan.name, ...metadata },
    spec: {
      ...(plan.settings.queue !== undefined && { suspend: true }),
      ttlSecondsAfterFinished,
      network: { enableDNSHostnames: false },
      failurePolicy: { maxRestarts: 0 },
      replicatedJobs: [{ name: REPLICATED_JOB, replicas: 1, template }],
    },
  };
}

/** The headless service by which the hosts of a job find each other. Pure. */
export function serviceManifest({ name }: Pick<PodPlan, 'name'>, owner: OwnerReference): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMetadata(name, owner),
    spec: { clusterIP: 'None', publishNotReadyAddresses: true, selector: { [MARKS.job]: name } },
  };
}

/** The key that the job's result is signed with. Pure. */
export function secretManifest(name: string, key: string, owner: OwnerReference): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: ownedMetadata(name, owner), stringData: { key } };
}

/** What an object goes with. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

function ownedMetadata(name: string, owner: OwnerReference): object {
  return {
    name,
    labels: { [MARKS.managedBy]: MARKS.manager, [MARKS.job]: name },
    ownerReferences: [{ ...owner, controller: false, blockOwnerDeletion: false }],
  };
}

function jobMetadata(
  { name, hosts, document, settings }: PodPlan,
  marks: JobMarks,
): {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
} {
  return {
    labels: {
      [MARKS.managedBy]: MARKS.manager,
      [MARKS.job]: name,
      ...(settings.queue !== undefined && { [QUEUE_LABEL]: settings.queue }),
      ...settings.labels,
    },
    annotations: {
      [MARKS.jobName]: marks.jobName,
      [MARKS.jobType]: marks.jobType,
      [MARKS.request]: marks.request,
      [MARKS.attempt]: marks.attempt,
      [MARKS.results]: marks.results,
      [MARKS.digest]: document.digest,
      [MARKS.hosts]: String(hosts),
      [MARKS.maxRuntime]: String(marks.maxRuntimeSeconds),
      ...settings.annotations,
    },
  };
}

function jobSpec(plan: PodPlan, marks: JobMarks) {
  const { settings, hosts } = plan;
  return {
    completions: hosts,
    parallelism: hosts,
    completionMode: 'Indexed',
    // Whoever submitted it tries again: a host alone cannot.
    backoffLimit: 0,
    podFailurePolicy: { rules: [{ action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget' }] }] },
    // Where nobody watches; who does ends it by its own time.
    activeDeadlineSeconds: deadlineSeconds(marks.maxRuntimeSeconds, settings),
    ttlSecondsAfterFinished: settings.keepSeconds ?? KEEP_SECONDS,
    ...(settings.queue !== undefined && { suspend: true }),
    template: podTemplate(plan),
  };
}

function deadlineSeconds(
  maxRuntimeSeconds: number,
  { startSeconds = START_SECONDS }: KubernetesSettings,
): number {
  return maxRuntimeSeconds + startSeconds;
}
