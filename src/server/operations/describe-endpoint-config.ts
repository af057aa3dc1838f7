import type {
  CreateEndpointConfigInput,
  DescribeEndpointConfigInput,
  DescribeEndpointConfigOutput,
} from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { getNamed } from './resources.ts';

/**
 * Gaps: members that the request left out are not filled with AWS's defaults, but for EnableNetworkIsolation.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpointConfig.html
 */
export const describeEndpointConfig: Operation<
  DescribeEndpointConfigInput,
  DescribeEndpointConfigOutput
> = async (input, context) => {
  const name = input.EndpointConfigName as string;
  const record = await getNamed<CreateEndpointConfigInput>(context, 'endpoint-config', name);
  return {
    EnableNetworkIsolation: false,
    ...record.request,
    ProductionVariants: record.request.ProductionVariants,
    EndpointConfigName: record.name,
    EndpointConfigArn: record.arn,
    CreationTime: new Date(record.createdAt),
  };
};
