import type { IncomingMessage } from 'node:http';
import { isInvocation } from './invocation-path.ts';

/** The services beside S3 that are told apart on the port. */
export type ServiceName = 'sagemaker' | 'runtime' | 'logs' | 'sts' | 'iam' | 'unknown';

type RequestHead = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

const TARGETS: Readonly<Record<string, ServiceName>> = { SageMaker: 'sagemaker', Logs_20140328: 'logs' };
const SIGNED: Readonly<Record<string, ServiceName>> = { sts: 'sts', iam: 'iam' };

/**
 * The service that a request is meant for, from its target header, else from its path, else from the credential scope of
 * its signature. Undefined: S3. A target or signature of no service here is `unknown`.
 */
export function serviceName(request: RequestHead): ServiceName | undefined {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return TARGETS[target.slice(0, target.lastIndexOf('.'))] ?? 'unknown';
  const service = signedService(request);
  if (isInvocation(request) && !service?.startsWith('s3')) return 'runtime';
  if (service === undefined || service.startsWith('s3')) return undefined;
  return SIGNED[service] ?? 'unknown';
}

/** What its signature says it is for: `sagemaker` of `Credential=AKIA…/20260101/us-east-1/sagemaker/aws4_request`. */
export function signedService(request: RequestHead): string | undefined {
  const { authorization } = request.headers;
  if (authorization) return /Credential=[^/,]+\/\d+\/[^/,]+\/([^/,]+)\/aws4_request/.exec(authorization)?.[1];
  const query = /[?&]X-Amz-Credential=([^&]+)/i.exec(request.url ?? '')?.[1];
  return query?.replace(/%2F/gi, '/').split('/')[3];
}
