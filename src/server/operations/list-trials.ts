import type { CreateTrialRequest, ListTrialsRequest, ListTrialsResponse } from '@aws-sdk/client-sagemaker';
import { listTrialAssociations } from '../../state/index.ts';
import { allEntities, entityFacts, entityPage, getEntity } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTrials.html */
export const listTrials: Operation<ListTrialsRequest, ListTrialsResponse> = async (input, context) => {
  const { ExperimentName: experiment, TrialComponentName: component } = input;
  if (experiment !== undefined) await getEntity(context, 'experiment', experiment);
  const of =
    component === undefined
      ? undefined
      : ((await listTrialAssociations(context.state)).get(component) ?? new Set());
  const all = await allEntities<CreateTrialRequest>(context, 'experiment-trial');
  const own = all.filter(
    ({ name, request }) =>
      (experiment === undefined || request.ExperimentName === experiment) &&
      (of === undefined || of.has(name)),
  );
  const { rows, ...page } = await entityPage(input, own);
  return {
    TrialSummaries: rows.map((record) => ({
      TrialArn: record.arn,
      TrialName: record.name,
      ...entityFacts(record),
    })),
    ...page,
  };
};
