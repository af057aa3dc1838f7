import type {
  UpdateEndpointWeightsAndCapacitiesInput,
  UpdateEndpointWeightsAndCapacitiesOutput,
} from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html */
export const updateEndpointWeightsAndCapacities: Operation<
  UpdateEndpointWeightsAndCapacitiesInput,
  UpdateEndpointWeightsAndCapacitiesOutput
> = async (input, { jobs }) => ({ EndpointArn: await jobs.endpoints.updateWeightsAndCapacities(input) });
