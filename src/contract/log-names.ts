/**
 * Where SageMaker puts logs: CloudWatch Logs groups and streams.
 *
 * Source: AWS developer guide, "Log Groups and Streams that Amazon SageMaker Sends to Amazon CloudWatch Logs".
 * By design: the time in a stream's name is that of the job's creation, so that a job that begins anew goes on in its
 * stream; the id of a transform job's instance is made of the job and the host.
 */
import { createHash } from 'node:crypto';

/** What the name of a log stream is made of. */
export interface LoggedHost {
  readonly type: keyof typeof LOG_GROUPS;
  readonly jobName: string;
  /** `algo-1`; of several containers `algo-1/first`. */
  readonly host: string;
  /** When the job was created: milliseconds since 1970. */
  readonly createdAt: number;
}

/** The log group of a job type. */
export const LOG_GROUPS = {
  training: '/aws/sagemaker/TrainingJobs',
  processing: '/aws/sagemaker/ProcessingJobs',
  transform: '/aws/sagemaker/TransformJobs',
} as const;

/** The log group of an endpoint. */
export function endpointLogGroup(endpointName: string): string {
  return `/aws/sagemaker/Endpoints/${endpointName}`;
}

/**
 * The log stream of one host of a job: `<job>/algo-1-<seconds since 1970>`; of a transform job
 * `<job>/i-0123456789abcdef0-<seconds>`, and of one of its containers `…/<container>`.
 */
export function logStreamName({ type, jobName, host, createdAt }: LoggedHost): string {
  const [name = '', ...container] = host.split('/');
  const seconds = Math.floor(createdAt / 1000);
  return [jobName, `${logHost({ type, jobName, host: name })}-${seconds}`, ...container].join('/');
}

/** How logs and metrics call a host of a job: `algo-1`, or the id of a transform job's instance. */
export function logHost({ type, jobName, host }: Omit<LoggedHost, 'createdAt'>): string {
  return type === 'transform' ? instanceId(jobName, host) : host;
}

function instanceId(jobName: string, host: string): string {
  return `i-${createHash('sha256').update(`${jobName}/${host}`).digest('hex').slice(0, 17)}`;
}
