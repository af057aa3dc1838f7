import { createHash } from 'node:crypto';

/** What Sluice writes on its objects, and finds them by. */
export const MARKS = {
  managedBy: 'app.kubernetes.io/managed-by',
  manager: 'sluice',
  /** A label: the name of the job's objects. */
  job: 'sluice/job',
  /** Annotations of a job. */
  jobName: 'sluice/job-name',
  jobType: 'sluice/job-type',
  /** Of the request, so that another one under the same name is told apart. */
  request: 'sluice/request',
  attempt: 'sluice/attempt',
  /** `s3://…/`: where its document, result and logs lie. */
  results: 'sluice/results',
  /** Of the document, SHA-256. */
  digest: 'sluice/digest',
  hosts: 'sluice/hosts',
  maxRuntime: 'sluice/max-runtime-seconds',
  /** Why Sluice has ended it: JSON. */
  end: 'sluice/end',
  /** A label: the name of an endpoint's objects. */
  endpoint: 'sluice/endpoint',
  /** A label of its pods, too: the configuration that they serve. */
  configuration: 'sluice/configuration',
  /** Annotations of an endpoint. */
  endpointName: 'sluice/endpoint-name',
  variant: 'sluice/variant',
  instances: 'sluice/instances',
  model: 'sluice/model',
  /** The configuration that served before. */
  previous: 'sluice/previous-configuration',
  changedAt: 'sluice/changed-at',
  /** The last change that did not come to serve: JSON. */
  failed: 'sluice/failed-change',
} as const;

/** Which objects are Sluice's jobs and their pods. */
export const SELECTOR = `${MARKS.managedBy}=${MARKS.manager},${MARKS.job}`;

/** Of the Kueue LocalQueue that a job waits in. */
export const QUEUE_LABEL = 'kueue.x-k8s.io/queue-name';

/** Of the one container that the contract is about. */
export const INDEX_LABEL = 'batch.kubernetes.io/job-completion-index';

/** The one job of a JobSet. */
export const REPLICATED_JOB = 'algo';

/** A name that leaves room in 63 characters for a pod of a JobSet as its webhook counts it: `-algo-0-<index>-abcde`. */
const LONGEST = 46;

/** What a JobSet calls its one Job. Pure. */
export function jobOfSet(name: string): string {
  return `${name}-${REPLICATED_JOB}-0`;
}

/**
 * The name of a job's objects: a DNS label that starts with a letter, which follows from the job's name alone. Two jobs
 * whose names differ have different ones. Pure.
 */
export function objectName(jobName: string): string {
  if (/^[a-z][a-z0-9-]*$/.test(jobName) && jobName.length <= LONGEST) return jobName;
  const hash = createHash('sha256').update(jobName).digest('hex').slice(0, 10);
  const plain = jobName.toLowerCase().replace(/[^a-z0-9-]+/g, '-');
  const head = (/^[a-z]/.test(plain) ? plain : `j-${plain}`).slice(0, LONGEST - hash.length - 1);
  return `${head.replace(/-+$/, '')}-${hash}`;
}
