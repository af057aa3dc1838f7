import type {
  CreateTrialRequest,
  DescribeTrialRequest,
  DescribeTrialResponse,
} from '@aws-sdk/client-sagemaker';
import { entityFacts, getEntity } from './experiment-entities.ts';
import type { Operation } from './operation.ts';

/**
 * Gaps: who has created it is not told; the message for a name that no trial has is ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrial.html
 */
export const describeTrial: Operation<DescribeTrialRequest, DescribeTrialResponse> = async (
  input,
  context,
) => {
  const record = await getEntity<CreateTrialRequest>(context, 'experiment-trial', input.TrialName as string);
  return {
    TrialName: record.name,
    TrialArn: record.arn,
    ExperimentName: record.request.ExperimentName,
    ...entityFacts(record),
    MetadataProperties: record.request.MetadataProperties,
  };
};
