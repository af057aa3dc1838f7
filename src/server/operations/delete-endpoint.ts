import type { DeleteEndpointInput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';

/**
 * Invocations under way end first; then SIGTERM, and SIGKILL 30 s later. The log stays. An endpoint that is being changed
 * is refused, as AWS does.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteEndpoint.html
 */
export const deleteEndpoint: Operation<DeleteEndpointInput, object> = async (input, { jobs }) => {
  await jobs.endpoints.delete(input.EndpointName as string);
  return {};
};
