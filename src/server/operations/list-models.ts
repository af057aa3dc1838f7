import type { ListModelsInput, ListModelsOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { listNamed } from './resources.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModels.html */
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
