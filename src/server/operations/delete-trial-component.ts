import type { DeleteTrialComponentRequest, DeleteTrialComponentResponse } from '@aws-sdk/client-sagemaker';
import { listTrialAssociations } from '../../state/index.ts';
import { validationError } from '../wire/aws-error.ts';
import { deleteEntity } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/**
 * One that is associated with a trial is refused. Gaps: the message is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteTrialComponent.html
 */
export const deleteTrialComponent: Operation<
  DeleteTrialComponentRequest,
  DeleteTrialComponentResponse
> = async (input, context) => {
  const name = input.TrialComponentName as string;
  const [trial] = (await listTrialAssociations(context.state)).get(name) ?? [];
  if (trial !== undefined)
    throw validationError(
      `Trial component '${name}' is associated with trial '${trial}': disassociate it first.`,
    );
  return { TrialComponentArn: await deleteEntity(context, 'experiment-trial-component', name) };
};
