import type { CreateTrialRequest, CreateTrialResponse } from '@aws-sdk/client-sagemaker';
import { createEntity, getEntity } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrial.html */
export const createTrial: Operation<CreateTrialRequest, CreateTrialResponse> = async (input, context) => {
  await getEntity(context, 'experiment', input.ExperimentName as string);
  return { TrialArn: await createEntity(context, 'experiment-trial', input.TrialName as string, input) };
};
