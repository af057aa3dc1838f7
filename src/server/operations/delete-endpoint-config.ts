import type { DeleteEndpointConfigInput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { deleteNamed } from './resources.ts';

/**
 * Messages as in aws/amazon-sagemaker-examples issue 2339.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteEndpointConfig.html
 */
export const deleteEndpointConfig: Operation<DeleteEndpointConfigInput, object> = async (input, context) => {
  await deleteNamed(context, 'endpoint-config', input.EndpointConfigName as string);
  return {};
};
