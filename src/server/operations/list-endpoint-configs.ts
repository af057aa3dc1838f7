import type { ListEndpointConfigsInput, ListEndpointConfigsOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { listNamed } from './resources.ts';

/**
 * Ten at a time unless MaxResults says otherwise, the newest first unless SortOrder does. Gaps: the message for a token that is not valid is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListEndpointConfigs.html
 */
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
