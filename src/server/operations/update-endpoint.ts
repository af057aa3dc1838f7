import type { UpdateEndpointInput, UpdateEndpointOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';

/**
 * All at once: the old variants serve until every new one is healthy; where one is not, the endpoint rolls back to what
 * served, InService with a FailureReason. Gaps: DeploymentConfig is kept and described, not followed.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
 */
export const updateEndpoint: Operation<UpdateEndpointInput, UpdateEndpointOutput> = async (
  input,
  { jobs },
) => ({ EndpointArn: await jobs.endpoints.update(input) });
