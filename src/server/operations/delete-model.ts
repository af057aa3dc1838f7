import type { DeleteModelInput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { deleteNamed } from './resources.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteModel.html */
export const deleteModel: Operation<DeleteModelInput, object> = async (input, context) => {
  await deleteNamed(context, 'model', input.ModelName as string);
  return {};
};
