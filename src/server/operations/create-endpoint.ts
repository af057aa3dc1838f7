import type { CreateEndpointInput, CreateEndpointOutput } from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html */
export const createEndpoint: Operation<CreateEndpointInput, CreateEndpointOutput> = async (
  input,
  { jobs },
) => ({ EndpointArn: await jobs.endpoints.create(input) });
