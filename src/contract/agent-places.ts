/** Where the agent, which keeps the job contract in somebody else's container, finds things, and what it calls them. */

/** The agent's own directory, a volume that the user's container does not have. */
export const AGENT_DIRECTORY = '/var/lib/sluice';
/** There once everything is fed that the user's container may look for at once. In {@link AGENT_DIRECTORY}. */
export const AGENT_READY_FILE = 'ready';
/** There once the user's container has ended, or is being ended. In {@link AGENT_DIRECTORY}. */
export const AGENT_ENDING_FILE = 'ending';
/** The container whose end is the job's end, where nothing else is said. */
export const USER_CONTAINER = 'main';
/** Between SIGTERM and SIGKILL of a job that is stopped, as SageMaker has it: seconds. */
export const STOP_GRACE_SECONDS = 120;
/** The same of a model server: seconds. */
export const MODEL_CONTAINER_GRACE_SECONDS = 60;
/** What the upload of results may take after a stop, where the document does not say: seconds. */
export const UPLOAD_SECONDS = 3600;

/** The variables of the agent's containers. The user's container has none of them. */
export const AGENT_VARIABLES = {
  /** `s3://…/job.json` */
  document: 'SLUICE_AGENT_DOCUMENT',
  /** SHA-256 of the document, hex. */
  digest: 'SLUICE_AGENT_DIGEST',
  /** The key that results are signed with, base64url. */
  key: 'SLUICE_AGENT_KEY',
  /** A file with that key. */
  keyFile: 'SLUICE_AGENT_KEY_FILE',
  /** In place of a key: the secret that keys of attempts are derived from. */
  secret: 'SLUICE_AGENT_SECRET',
  /** The attempt whose key it is that is derived. */
  attempt: 'SLUICE_AGENT_ATTEMPT',
  /** `algo-2` */
  host: 'SLUICE_AGENT_HOST',
  /** Who tells how the user's container ended: `kubernetes`, `ecs` or `option`. */
  end: 'SLUICE_AGENT_END',
  /** The name of the user's container. */
  container: 'SLUICE_AGENT_CONTAINER',
  /** On Kubernetes, the name of the pod. */
  pod: 'SLUICE_AGENT_POD',
  /** The port of the agent that feeds: `/ready`, and {@link agentStopPath}. */
  port: 'SLUICE_AGENT_PORT',
  /** Where the container that serves a transform job's model listens. @default 8080 */
  servingPort: 'SLUICE_AGENT_SERVING_PORT',
  /** The hosts' names in the platform's DNS, in their order, with commas. */
  peers: 'SLUICE_AGENT_PEERS',
  /** `mount` or `copy`. */
  fastFile: 'SLUICE_AGENT_FAST_FILE',
} as const;

/** From 0: what Kubernetes and AWS Batch tell a container of its place in the job. */
export const INDEX_VARIABLES = [
  'JOB_COMPLETION_INDEX',
  'AWS_BATCH_JOB_NODE_INDEX',
  'AWS_BATCH_JOB_ARRAY_INDEX',
] as const;

/** What AWS Batch tells a container of its job. */
export const BATCH_VARIABLES = {
  /** Of a node or a child of an array with `#1` or `:1`. */
  jobId: 'AWS_BATCH_JOB_ID',
  /** How often it was begun, from 1. */
  try: 'AWS_BATCH_JOB_ATTEMPT',
  /** There where a job's hosts are jobs by themselves, which may run one after the other. */
  arrayIndex: 'AWS_BATCH_JOB_ARRAY_INDEX',
} as const;

/** One of the times that AWS Batch runs an attempt. */
export interface BatchTry {
  /** Of the whole job. */
  readonly jobId: string;
  /** From 1. */
  readonly number: number;
}

/** What Batch's times to run one attempt leave does not mix: each has a place and a name of its own. Pure. */
export function tryOf<Attempt extends { readonly attempt: string; readonly results: string }>(
  document: Attempt,
  { jobId, number }: BatchTry,
): Attempt {
  const { attempt, results } = document;
  const base = results.replace(/\/*$/, '');
  return { ...document, attempt: `${attempt}.${jobId}.${number}`, results: `${base}/${jobId}/${number}/` };
}

/** URIs of what an attempt leaves below its document's `results`. Pure. */
export function agentUris(results: string) {
  const base = results.replace(/\/*$/, '/');
  return {
    document: `${base}job.json`,
    /** Written last. */
    result: `${base}result.json`,
    /** What one host of several has come to. */
    host: (name: string): string => `${base}hosts/${name}.json`,
    /** What one host of several leaves for the first one to merge. */
    part: (host: string, name: string): string => `${base}hosts/${host}/${name}.tar.gz`,
    /** Where a host of several is reached. */
    address: (host: string): string => `${base}hosts/${host}.address`,
    log: (host: string): string => `${base}logs/${host}.log`,
  };
}
