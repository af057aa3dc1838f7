import type { CreateEndpointConfigInput, CreateEndpointConfigOutput } from '@aws-sdk/client-sagemaker';
import { validateCreateEndpointConfig } from '../validations/create-endpoint-config.ts';
import type { Operation } from './operation.ts';
import { createNamed, getNamed } from './resources.ts';

/**
 * Gaps: what endpoints do not serve is refused by CreateEndpoint, not here.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
 */
export const createEndpointConfig: Operation<CreateEndpointConfigInput, CreateEndpointConfigOutput> = async (
  input,
  context,
) => {
  validateCreateEndpointConfig(input);
  for (const variant of [...(input.ProductionVariants ?? []), ...(input.ShadowProductionVariants ?? [])]) {
    if (variant.ModelName !== undefined) await getNamed(context, 'model', variant.ModelName);
  }
  const name = input.EndpointConfigName as string;
  return { EndpointConfigArn: await createNamed(context, 'endpoint-config', name, input) };
};
