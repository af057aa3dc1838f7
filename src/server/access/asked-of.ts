import type { IncomingMessage } from 'node:http';
import { parseCbor } from '../wire/cbor.ts';
import { cborCall } from '../wire/cbor-call.ts';
import type { WireRequest } from '../wire/http.ts';
import { invocationPath } from '../wire/invocation-path.ts';
import { plainBody } from '../wire/plain-body.ts';
import { formOf } from '../wire/query-service.ts';
import type { ServiceName } from '../wire/service-name.ts';
import { targetOperation } from '../wire/target-operation.ts';
import type { AskedOperation } from './access-of.ts';

/** What a request asks for, as far as that is needed to know whether it may. @throws AwsError for a body that is no gzip */
export async function askedOf(
  service: ServiceName,
  request: Pick<WireRequest, 'url' | 'headers' | 'body'>,
): Promise<AskedOperation> {
  const { headers, url } = request;
  if (service === 'runtime')
    return {
      service,
      operation: runtimeOperation(request),
      input: { EndpointName: invocationPath(url)?.endpoint },
    };
  const body = service === 'monitoring' ? await plainBody(request) : request.body;
  const target = targetOperation(headers);
  if (target)
    return { service, operation: target, input: readInput(() => JSON.parse(body.toString('utf8'))) };
  const call = cborCall(request)?.operation;
  if (call) return { service, operation: call, input: readInput(() => parseCbor(body)) };
  const form = formOf({ url, body });
  return { service, operation: form.get('Action') ?? '', input: Object.fromEntries(form) };
}

/** What cannot be read is refused by its service. */
function readInput(read: () => unknown): Readonly<Record<string, unknown>> {
  try {
    const value = read();
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The operation that an invocation is. */
export function runtimeOperation({ url = '' }: Pick<IncomingMessage, 'url'>): string {
  return invocationPath(url)?.action === 'invocations-response-stream'
    ? 'InvokeEndpointWithResponseStream'
    : 'InvokeEndpoint';
}
