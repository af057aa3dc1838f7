/** Where the agent, which keeps the job contract in somebody else's container, finds things, and what it calls them. */

/** The agent's own directory, a volume that the user's container does not have. */
export const AGENT_DIRECTORY = '/var/lib/sluice';
/** There once everything is fed that the user's container may look for at once. In {@link AGENT_DIRECTORY}. */
export const AGENT_READY_FILE = 'ready';
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
    log: (host: string): string => `${base}logs/${host}.log`,
  };
}
