import type {
  CreateExperimentRequest,
  ListExperimentsRequest,
  ListExperimentsResponse,
} from '@aws-sdk/client-sagemaker';
import { allEntities, entityFacts, entityPage } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListExperiments.html */
export const listExperiments: Operation<ListExperimentsRequest, ListExperimentsResponse> = async (
  input,
  context,
) => {
  const all = await allEntities<CreateExperimentRequest>(context, 'experiment');
  const { rows, ...page } = await entityPage(input, all);
  return {
    ExperimentSummaries: rows.map((record) => ({
      ExperimentArn: record.arn,
      ExperimentName: record.name,
      ...entityFacts(record),
    })),
    ...page,
  };
};
