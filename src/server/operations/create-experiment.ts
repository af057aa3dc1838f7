import type { CreateExperimentRequest, CreateExperimentResponse } from '@aws-sdk/client-sagemaker';
import { createEntity } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateExperiment.html */
export const createExperiment: Operation<CreateExperimentRequest, CreateExperimentResponse> = async (
  input,
  context,
) => ({ ExperimentArn: await createEntity(context, 'experiment', input.ExperimentName as string, input) });
