import { parseScalingResource, type ScalingResource } from '../../jobs/index.ts';
import { validationError } from '../wire/aws-error.ts';
import { type TargetInput, unsupported } from './scaling-errors.ts';

/** The service that is scaled here, and what of it. */
export const SERVICE = 'sagemaker';
export const DIMENSION = 'sagemaker:variant:DesiredInstanceCount';

/** The variant that a request is about. @throws AwsError `ValidationException` for anything else */
export function expectVariant({
  ServiceNamespace: service,
  ResourceId: resource,
  ScalableDimension: dimension,
}: TargetInput): ScalingResource {
  if (!dimension.startsWith(`${service}:`)) throw unsupported();
  if (service !== SERVICE || dimension !== DIMENSION) {
    throw validationError(
      `Sluice scales the instances of SageMaker's endpoints, ServiceNamespace ${SERVICE} with ScalableDimension ${DIMENSION}; got ${service} with ${dimension}.`,
    );
  }
  const variant = parseScalingResource(resource);
  if (!variant) throw unsupported();
  return variant;
}
