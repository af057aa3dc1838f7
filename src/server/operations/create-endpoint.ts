import type { CreateEndpointInput, CreateEndpointOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';

/**
 * InitialInstanceCount n starts n model servers for each container of the model. Messages as in aws/sagemaker-python-sdk issue 101. Gaps: a server that
 * ends before it is healthy fails the endpoint at once; AWS tries again for as long as the health check may take.
 * Asynchronous inference, shadow variants and inference components are refused. Containers get no
 * SAGEMAKER_SAFE_PORT_RANGE.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
 */
export const createEndpoint: Operation<CreateEndpointInput, CreateEndpointOutput> = async (
  input,
  { jobs },
) => ({ EndpointArn: await jobs.endpoints.create(input) });
