import type { CreateEndpointConfigInput, ProductionVariant } from '@aws-sdk/client-sagemaker';
import { validationError } from '../wire/aws-error.ts';

/**
 * The rules of CreateEndpointConfig that the service model cannot say.
 *
 * Gaps: AWS documents the rules (API_CreateEndpointConfig, API_ProductionVariant), not the texts; these are ours.
 *
 * @throws AwsError `ValidationException`
 */
export function validateCreateEndpointConfig(input: CreateEndpointConfigInput): void {
  const variants = [...(input.ProductionVariants ?? []), ...(input.ShadowProductionVariants ?? [])];
  const names = new Set(variants.map((variant) => variant.VariantName));
  if (names.size < variants.length)
    throw validationError('Variant names must be unique within an endpoint configuration.');
  for (const variant of variants) validateVariant(variant);
}

function validateVariant(variant: ProductionVariant): void {
  const name = variant.VariantName;
  if (variant.ServerlessConfig) {
    if (variant.InstanceType === undefined && variant.InitialInstanceCount === undefined) return;
    throw validationError(
      `Variant "${name}": a serverless variant has no InstanceType and no InitialInstanceCount.`,
    );
  }
  if (variant.InstanceType === undefined || variant.InitialInstanceCount === undefined) {
    throw validationError(`Variant "${name}": InstanceType and InitialInstanceCount must be given.`);
  }
}
