import type {
  CreateExperimentRequest,
  DescribeExperimentRequest,
  DescribeExperimentResponse,
} from '@aws-sdk/client-sagemaker';
import { entityFacts, getEntity } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/**
 * Gaps: who has created it is not told; the message for a name that no experiment has is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeExperiment.html
 */
export const describeExperiment: Operation<DescribeExperimentRequest, DescribeExperimentResponse> = async (
  input,
  context,
) => {
  const record = await getEntity<CreateExperimentRequest>(
    context,
    'experiment',
    input.ExperimentName as string,
  );
  return {
    ExperimentName: record.name,
    ExperimentArn: record.arn,
    ...entityFacts(record),
    Description: record.request.Description,
  };
};
