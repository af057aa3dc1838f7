import type { DeleteTrialRequest, DeleteTrialResponse } from '@aws-sdk/client-sagemaker';
import { listTrialAssociations } from '../../state/index.ts';
import { validationError } from '../wire/aws-error.ts';
import { deleteEntity } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/**
 * One that has components is refused. Gaps: the message is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteTrial.html
 */
export const deleteTrial: Operation<DeleteTrialRequest, DeleteTrialResponse> = async (input, context) => {
  const name = input.TrialName as string;
  for (const [component, trials] of await listTrialAssociations(context.state))
    if (trials.has(name))
      throw validationError(
        `Trial '${name}' has trial components, such as '${component}': disassociate them first.`,
      );
  return { TrialArn: await deleteEntity(context, 'experiment-trial', name) };
};
