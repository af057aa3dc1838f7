/**
 * Where SageMaker puts logs: CloudWatch Logs groups and streams.
 *
 * Source: AWS developer guide, "Log Groups and Streams that Amazon SageMaker Sends to Amazon CloudWatch Logs".
 * By design: SageMaker ends a stream's name with the id of an instance and a time; ours has the host alone, so
 * that it is the same each time. The clients know streams by their prefix `<job>/`.
 */

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

/** The log stream of one host of a job: `<job>/algo-1`. */
export function logStreamName(jobName: string, host: string): string {
  return `${jobName}/${host}`;
}
