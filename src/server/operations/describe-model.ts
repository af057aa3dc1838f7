import type { CreateModelInput, DescribeModelInput, DescribeModelOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { getNamed } from './resources.ts';

/**
 * Gaps: members that the request left out are not filled with AWS's defaults, but for EnableNetworkIsolation.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeModel.html
 */
export const describeModel: Operation<DescribeModelInput, DescribeModelOutput> = async (input, context) => {
  const record = await getNamed<CreateModelInput>(context, 'model', input.ModelName as string);
  return {
    EnableNetworkIsolation: false,
    ...record.request,
    ModelName: record.name,
    ModelArn: record.arn,
    CreationTime: new Date(record.createdAt),
  };
};
