import type { CreateModelInput, CreateModelOutput } from '@aws-sdk/client-sagemaker';
import { validateCreateModel } from '../validations/create-model.ts';
import type { Operation } from './operation.ts';
import { createNamed } from './resources.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html */
export const createModel: Operation<CreateModelInput, CreateModelOutput> = async (input, context) => {
  validateCreateModel(input);
  return { ModelArn: await createNamed(context, 'model', input.ModelName as string, input) };
};
