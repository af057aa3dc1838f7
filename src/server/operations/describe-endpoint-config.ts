import type {
  CreateEndpointConfigInput,
  DescribeEndpointConfigInput,
  DescribeEndpointConfigOutput,
  ProductionVariant,
} from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { getNamed } from './resources.ts';

/**
 * The weight of a variant and EnableNetworkIsolation are filled with AWS's defaults where the request left them out.
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
    ProductionVariants: record.request.ProductionVariants?.map(withDefaults),
    ShadowProductionVariants: record.request.ShadowProductionVariants?.map(withDefaults),
    EndpointConfigName: record.name,
    EndpointConfigArn: record.arn,
    CreationTime: new Date(record.createdAt),
  };
};

function withDefaults(variant: ProductionVariant): ProductionVariant {
  return { InitialVariantWeight: 1, ...variant };
}
