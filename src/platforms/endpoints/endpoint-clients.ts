import type { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { AwsAccess } from '../aws/aws-access.ts';

/** The clients that endpoints need, each loaded when it is first asked for. */
export interface EndpointClients {
  sagemaker(): Promise<SageMakerClient>;
  runtime(): Promise<SageMakerRuntimeClient>;
  scaling(): Promise<ApplicationAutoScalingClient>;
  logs(): Promise<CloudWatchLogsClient>;
}

/** The clients of AWS, or of what speaks its protocols. They are closed with it. */
export function endpointClients(access: Pick<AwsAccess, 'client'>): EndpointClients {
  return {
    sagemaker: () =>
      access.client(
        'SageMaker',
        async (config) => new (await import('@aws-sdk/client-sagemaker')).SageMakerClient(config),
      ),
    runtime: () =>
      access.client(
        'SageMakerRuntime',
        async (config) =>
          new (await import('@aws-sdk/client-sagemaker-runtime')).SageMakerRuntimeClient(config),
      ),
    scaling: () =>
      access.client(
        'ApplicationAutoScaling',
        async (config) =>
          new (await import('@aws-sdk/client-application-auto-scaling')).ApplicationAutoScalingClient(config),
      ),
    logs: () =>
      access.client(
        'CloudWatchLogs',
        async (config) => new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogsClient(config),
      ),
  };
}
