/** The door to endpoints on any server that speaks SageMaker's API: this machine's own, or AWS. */

export { AwsAccess } from '../aws/aws-access.ts';
export { awaitEndpoint } from './await-endpoint.ts';
export { AwsEndpoints, noEndpoint } from './aws-endpoints.ts';
export {
  type EndpointSpec,
  type ModelSpec,
  ONLY_VARIANT,
  type ScalingSpec,
  type VariantSpec,
} from './endpoint-spec.ts';
export type { Endpoints } from './endpoints.ts';
export type { EndpointAnswer } from './invoke-endpoint.ts';
export type { PutEndpoint, PutEndpointOptions } from './put-endpoint.ts';
export type { ShownScaling } from './read-scaling.ts';
