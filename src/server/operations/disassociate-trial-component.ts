import type {
  DisassociateTrialComponentRequest,
  DisassociateTrialComponentResponse,
} from '@aws-sdk/client-sagemaker';
import { disassociateTrialComponent as disassociate } from '../../state/index.ts';
import { AwsError } from '../wire/aws-error.ts';
import { getEntity } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/**
 * Gaps: the message for two that are not associated is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DisassociateTrialComponent.html
 */
export const disassociateTrialComponent: Operation<
  DisassociateTrialComponentRequest,
  DisassociateTrialComponentResponse
> = async (input, context) => {
  const trial = await getEntity(context, 'experiment-trial', input.TrialName as string);
  const component = await getEntity(
    context,
    'experiment-trial-component',
    input.TrialComponentName as string,
  );
  if (!(await disassociate(context.state, trial.name, component.name)))
    throw new AwsError(
      'ResourceNotFound',
      `Trial component '${component.name}' is not associated with trial '${trial.name}'.`,
    );
  return { TrialArn: trial.arn, TrialComponentArn: component.arn };
};
