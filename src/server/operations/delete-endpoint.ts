import type { DeleteEndpointInput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteEndpoint.html */
export const deleteEndpoint: Operation<DeleteEndpointInput, object> = async (input, { jobs }) => {
  await jobs.endpoints.delete(input.EndpointName as string);
  return {};
};
