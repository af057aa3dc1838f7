import { type ServerUnaryCall, type ServiceError, type sendUnaryData, status } from '@grpc/grpc-js';
import { errorMessage, SluiceError } from '../../../core/errors.ts';
import type { ConnectorMetrics } from '../connector-metrics.ts';

/** A handler of a call as grpc-js takes it, of one that answers by a promise. */
export function unary<Request, Response>(
  method: string,
  metrics: ConnectorMetrics,
  answer: (request: Request) => Promise<Response>,
): (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void {
  return (call, callback) => {
    void reply(call.request, callback);
  };

  async function reply(request: Request, callback: sendUnaryData<Response>): Promise<void> {
    const since = performance.now();
    const [told, response] = await answer(request).then(
      (given) => [undefined, given] as const,
      (error: unknown) => [serviceError(error), undefined] as const,
    );
    const code = told ? (status[told.code ?? status.UNKNOWN] ?? 'UNKNOWN') : 'OK';
    metrics.count(method, code, performance.now() - since);
    if (told) callback(told);
    else callback(null, response);
  }
}

/** An error as gRPC tells it. */
export function serviceError(error: unknown): Partial<ServiceError> & { readonly details: string } {
  const { code, hint } = error instanceof SluiceError ? error : {};
  const text = `${code ?? 'InternalError'}: ${errorMessage(error)}${hint === undefined ? '' : ` ${hint}`}`;
  return { code: statusOf(error), details: text.slice(0, 4000) };
}

function statusOf(error: unknown): status {
  if (!(error instanceof SluiceError)) return status.INTERNAL;
  if ('retryAfterSeconds' in error.details) return status.RESOURCE_EXHAUSTED;
  if (error.fault === 'user') return status.INVALID_ARGUMENT;
  return error.code === 'InternalError' ? status.INTERNAL : status.UNAVAILABLE;
}
