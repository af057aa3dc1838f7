import type { ListModelsInput, ListModelsOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { listNamed } from './resources.ts';

/**
 * Ten at a time unless MaxResults says otherwise, the newest first unless SortOrder does. Gaps: the message for a token that is not valid is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModels.html
 */
export const listModels: Operation<ListModelsInput, ListModelsOutput> = async (input, context) => {
  const { rows, ...page } = await listNamed(context, 'model', input);
  return {
    Models: rows.map(({ name, arn, createdAt }) => ({
      ModelName: name,
      ModelArn: arn,
      CreationTime: new Date(createdAt),
    })),
    ...page,
  };
};
