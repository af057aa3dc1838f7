import type { CreateTrialComponentRequest, CreateTrialComponentResponse } from '@aws-sdk/client-sagemaker';
import { createEntity } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrialComponent.html */
export const createTrialComponent: Operation<
  CreateTrialComponentRequest,
  CreateTrialComponentResponse
> = async (input, context) => {
  const name = input.TrialComponentName as string;
  return { TrialComponentArn: await createEntity(context, 'experiment-trial-component', name, input) };
};
