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
    const since = performance.now();
    answer(call.request).then(
      (response) => {
        metrics.count(method, 'OK', performance.now() - since);
        callback(null, response);
      },
      (error: unknown) => {
        const told = serviceError(error);
        metrics.count(method, status[told.code ?? status.UNKNOWN] ?? 'UNKNOWN', performance.now() - since);
        callback(told);
      },
    );
  };
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
