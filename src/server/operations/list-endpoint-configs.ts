import type { ListEndpointConfigsInput, ListEndpointConfigsOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { listNamed } from './resources.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListEndpointConfigs.html */
export const listEndpointConfigs: Operation<ListEndpointConfigsInput, ListEndpointConfigsOutput> = async (
  input,
  context,
) => {
  const { rows, ...page } = await listNamed(context, 'endpoint-config', input);
  return {
    EndpointConfigs: rows.map(({ name, arn, createdAt }) => ({
      EndpointConfigName: name,
      EndpointConfigArn: arn,
      CreationTime: new Date(createdAt),
    })),
    ...page,
  };
};
