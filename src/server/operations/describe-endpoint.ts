import type { DescribeEndpointInput, DescribeEndpointOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';

/**
 * Gaps: MetricsConfig, DataCaptureConfig and ExplainerConfig of the configuration are not repeated.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
 */
export const describeEndpoint: Operation<DescribeEndpointInput, DescribeEndpointOutput> = async (
  input,
  { jobs },
) => jobs.endpoints.describe(input.EndpointName as string);
