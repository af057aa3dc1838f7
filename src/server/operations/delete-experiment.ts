import type {
  CreateTrialRequest,
  DeleteExperimentRequest,
  DeleteExperimentResponse,
} from '@aws-sdk/client-sagemaker';
import { validationError } from '../wire/aws-error.ts';
import { allEntities, deleteEntity } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/**
 * One that has trials is refused. Gaps: the message is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteExperiment.html
 */
export const deleteExperiment: Operation<DeleteExperimentRequest, DeleteExperimentResponse> = async (
  input,
  context,
) => {
  const name = input.ExperimentName as string;
  const trials = await allEntities<CreateTrialRequest>(context, 'experiment-trial');
  const own = trials.find(({ request }) => request.ExperimentName === name);
  if (own)
    throw validationError(`Experiment '${name}' has trials, such as '${own.name}': delete them first.`);
  return { ExperimentArn: await deleteEntity(context, 'experiment', name) };
};
