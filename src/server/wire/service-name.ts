import type { IncomingMessage } from 'node:http';
import { cborCall } from './cbor-call.ts';
import { isInvocation } from './invocation-path.ts';

/** The services beside S3 that are told apart on the port. */
export type ServiceName =
  | 'sagemaker'
  | 'runtime'
  | 'logs'
  | 'monitoring'
  | 'scaling'
  | 'ecr'
  | 'sts'
  | 'iam'
  | 'unknown';

type RequestHead = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

/** By what stands before the operation in X-Amz-Target. */
const TARGETS: ReadonlyMap<string, ServiceName> = new Map([
  ['SageMaker', 'sagemaker'],
  ['Logs_20140328', 'logs'],
  ['GraniteServiceVersion20100801', 'monitoring'],
  ['AnyScaleFrontendService', 'scaling'],
  ['AmazonEC2ContainerRegistry_V20150921', 'ecr'],
]);
/** By what stands before the operation in the path of Smithy's RPC protocol. */
const PATHS: ReadonlyMap<string, ServiceName> = new Map([['GraniteServiceVersion20100801', 'monitoring']]);
const SIGNED: ReadonlyMap<string, ServiceName> = new Map([
  ['sts', 'sts'],
  ['iam', 'iam'],
  ['monitoring', 'monitoring'],
]);

/**
 * The service that a request is meant for, from its target header, else from its path, else from the credential scope of
 * its signature. Undefined: S3. A target or signature of no service here is `unknown`.
 */
export function serviceName(request: RequestHead): ServiceName | undefined {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return TARGETS.get(target.slice(0, target.lastIndexOf('.'))) ?? 'unknown';
  const call = cborCall(request);
  if (call) return PATHS.get(call.service) ?? 'unknown';
  const service = signedService(request);
  if (isInvocation(request) && !service?.startsWith('s3')) return 'runtime';
  if (service === undefined || service.startsWith('s3')) return undefined;
  return SIGNED.get(service) ?? 'unknown';
}

/** What its signature says it is for: `sagemaker` of `Credential=AKIA…/20260101/us-east-1/sagemaker/aws4_request`. */
export function signedService(request: RequestHead): string | undefined {
  const { authorization } = request.headers;
  if (authorization) return /Credential=[^/,]+\/\d+\/[^/,]+\/([^/,]+)\/aws4_request/.exec(authorization)?.[1];
  const query = /[?&]X-Amz-Credential=([^&]+)/i.exec(request.url ?? '')?.[1];
  return query?.replace(/%2F/gi, '/').split('/')[3];
}
