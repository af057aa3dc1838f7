import type {
  UpdateEndpointWeightsAndCapacitiesInput,
  UpdateEndpointWeightsAndCapacitiesOutput,
} from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';

/**
 * Gaps: the messages for a variant that does not exist and for a count of 0 are ours.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html
 */
export const updateEndpointWeightsAndCapacities: Operation<
  UpdateEndpointWeightsAndCapacitiesInput,
  UpdateEndpointWeightsAndCapacitiesOutput
> = async (input, { jobs }) => ({ EndpointArn: await jobs.endpoints.updateWeightsAndCapacities(input) });
