/** The door to endpoints on any server that speaks SageMaker's API: this machine's own, or AWS. */

export { AwsAccess } from '../aws/aws-access.ts';
export { awaitEndpoint } from './await-endpoint.ts';
export { deleteEndpoint } from './delete-endpoint.ts';
export { isNotThere } from './endpoint-answers.ts';
export { type EndpointClients, endpointClients } from './endpoint-clients.ts';
export { lastEndpointLines } from './endpoint-log.ts';
export {
  type EndpointSpec,
  type ModelSpec,
  ONLY_VARIANT,
  type ScalingSpec,
  type VariantSpec,
} from './endpoint-spec.ts';
export { endpointUrl } from './endpoint-url.ts';
export { type EndpointAnswer, invokeEndpoint } from './invoke-endpoint.ts';
export { findEndpoint, putEndpoint } from './put-endpoint.ts';
export { readScaling, type ShownScaling } from './read-scaling.ts';
export { scaleEndpoint } from './scale-endpoint.ts';
