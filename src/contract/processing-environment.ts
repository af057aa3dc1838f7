/**
 * The environment of a processing job.
 *
 * Source: `PROCESSING_JOB_NAME` and `PROCESSING_JOB_ARN` as the sagemaker-experiments package reads them; the
 * request's own Environment wins. `SAGEMAKER_JOB_NAME`, `AWS_DEFAULT_REGION`, `SM_CURRENT_HOST`,
 * `SM_CURRENT_INSTANCE_TYPE`, `SM_HOSTS` and `SM_NUM_INSTANCES` are additions.
 */
import type { CreateProcessingJobRequest } from '@aws-sdk/client-sagemaker';
import { groupOfHost, planHosts } from './hosts.ts';
import { imageEnvironment } from './images.ts';
import { type ServiceAccess, serviceEnvironment } from './service-environment.ts';

/** What the environment of a processing job is made of. */
export interface ProcessingEnvironmentOptions {
  readonly request: CreateProcessingJobRequest;
  /** `algo-1`, … */
  readonly host: string;
  readonly arn: string;
  readonly region: string;
  /** Where the job's own AWS clients find the services. @default nowhere */
  readonly services?: ServiceAccess | undefined;
}

/** The whole environment of a processing job on one host, without `PATH` and `HOME`, which are the executor's. */
export function processingEnvironment(options: ProcessingEnvironmentOptions): Record<string, string> {
  const { request, host, arn, region, services } = options;
  const plan = planHosts(request.ProcessingResources?.ClusterConfig ?? {});
  const name = request.ProcessingJobName ?? '';
  return {
    PROCESSING_JOB_NAME: name,
    PROCESSING_JOB_ARN: arn,
    SAGEMAKER_JOB_NAME: name,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_ECS_EC2',
    ...serviceEnvironment(services, request.Environment),
    SM_CURRENT_HOST: host,
    SM_CURRENT_INSTANCE_TYPE: groupOfHost(plan, host).instanceType,
    SM_HOSTS: JSON.stringify(plan.hosts),
    SM_NUM_INSTANCES: String(plan.hosts.length),
    ...imageEnvironment(request.AppSpecification?.ImageUri ?? ''),
    ...request.Environment,
  };
}
