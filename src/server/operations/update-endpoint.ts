import type { UpdateEndpointInput, UpdateEndpointOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html */
export const updateEndpoint: Operation<UpdateEndpointInput, UpdateEndpointOutput> = async (
  input,
  { jobs },
) => ({ EndpointArn: await jobs.endpoints.update(input) });
