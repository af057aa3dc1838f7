import type {
  CreateTrialRequest,
  ListTrialComponentsRequest,
  ListTrialComponentsResponse,
} from '@aws-sdk/client-sagemaker';
import { listTrialAssociations } from '../../state/index.ts';
import { allEntities, entityFacts, entityPage, getEntity } from './experiment-entities.ts';
import { type JobComponent, sourceOf } from './job-components.ts';
import type { Operation, OperationContext } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTrialComponents.html */
export const listTrialComponents: Operation<ListTrialComponentsRequest, ListTrialComponentsResponse> = async (
  input,
  context,
) => {
  const trials = await trialsOf(input, context);
  const associations = await listTrialAssociations(context.state);
  const all = await allEntities<JobComponent>(context, 'experiment-trial-component');
  const own = all.filter(
    ({ name, request }) =>
      (input.SourceArn === undefined ||
        (request.job && sourceOf(context, request.job).SourceArn) === input.SourceArn) &&
      (trials === undefined || [...(associations.get(name) ?? [])].some((trial) => trials.has(trial))),
  );
  const { rows, ...page } = await entityPage(input, own);
  return {
    TrialComponentSummaries: rows.map((record) => ({
      TrialComponentName: record.name,
      TrialComponentArn: record.arn,
      ...entityFacts(record),
      ...(record.request.job && { TrialComponentSource: sourceOf(context, record.request.job) }),
      Status: record.request.Status,
    })),
    ...page,
  };
};

/** The trials whose components are asked for; undefined: all. */
async function trialsOf(
  { TrialName: trial, ExperimentName: experiment }: ListTrialComponentsRequest,
  context: OperationContext,
): Promise<ReadonlySet<string> | undefined> {
  if (trial !== undefined) return new Set([(await getEntity(context, 'experiment-trial', trial)).name]);
  if (experiment === undefined) return undefined;
  await getEntity(context, 'experiment', experiment);
  const all = await allEntities<CreateTrialRequest>(context, 'experiment-trial');
  return new Set(all.filter(({ request }) => request.ExperimentName === experiment).map(({ name }) => name));
}
