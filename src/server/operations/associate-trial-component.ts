import type {
  AssociateTrialComponentRequest,
  AssociateTrialComponentResponse,
} from '@aws-sdk/client-sagemaker';
import { associateTrialComponent as associate } from '../../state/index.ts';
import { getEntity } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AssociateTrialComponent.html */
export const associateTrialComponent: Operation<
  AssociateTrialComponentRequest,
  AssociateTrialComponentResponse
> = async (input, context) => {
  const trial = await getEntity(context, 'experiment-trial', input.TrialName as string);
  const component = await getEntity(
    context,
    'experiment-trial-component',
    input.TrialComponentName as string,
  );
  await associate(context.state, trial.name, component.name);
  return { TrialArn: trial.arn, TrialComponentArn: component.arn };
};
