/**
 * The protocol of AWS's JSON services, versions 1.0 and 1.1: the operation in X-Amz-Target, a JSON structure each way.
 *
 * Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html; the order of checks is that of AWS's own
 * services: target, JSON, types (SerializationException), constraints (ValidationException), then the operation.
 * By design: an operation of the service that is not served here is an UnknownOperationException that says so.
 */
import type { AwsError } from './aws-error.ts';
import { createService } from './create-service.ts';
import type { Service, WireAnswer, WireRequest } from './http.ts';
import { toJsonValue } from './json-value.ts';
import { parseJson } from './parse-input.ts';
import { runOperation, type StructureServiceOptions } from './run-operation.ts';

/** Makes a service of the operations in a table. */
export function createJsonService(options: StructureServiceOptions): Service {
  return createService(options, { run, refuse: errorAnswer });
}

/** The answer to a request that failed. */
export function errorAnswer(error: AwsError, request: WireRequest): WireAnswer {
  // Errors that SageMaker's model names carry `Message`, those common to all services `message`.
  const member = /^Resource|^Conflict/.test(error.code) ? 'Message' : 'message';
  return {
    status: error.status,
    headers: { ...commonHeaders(request), 'x-amzn-ErrorType': error.code },
    body: JSON.stringify({ __type: error.code, [member]: error.message }),
  };
}

async function run(options: StructureServiceOptions, request: WireRequest): Promise<WireAnswer> {
  const target = String(request.headers['x-amz-target'] ?? '');
  const name = target.slice(target.lastIndexOf('.') + 1);
  const output = await runOperation(options, name, () => parseJson(request.body.toString('utf8')));
  const body = output === undefined ? '' : JSON.stringify(toJsonValue(output));
  return { status: 200, headers: commonHeaders(request), body };
}

function commonHeaders(request: WireRequest): Record<string, string> {
  const version = request.headers['content-type']?.includes('json-1.0') ? '1.0' : '1.1';
  return { 'content-type': `application/x-amz-json-${version}`, 'x-amzn-RequestId': request.requestId };
}
