/**
 * Smithy's RPC protocol, version 2, in CBOR: the operation in the path, a structure each way.
 *
 * Source: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
import type { AwsError } from './aws-error.ts';
import { formatCbor, parseCbor } from './cbor.ts';
import { cborCall } from './cbor-call.ts';
import { createService } from './create-service.ts';
import type { Service, WireAnswer, WireRequest } from './http.ts';
import { runOperation, type StructureServiceOptions } from './run-operation.ts';

/** Makes a service of the operations in a table. */
export function createCborService(options: StructureServiceOptions): Service {
  return createService(options, { run, refuse: cborErrorAnswer });
}

async function run(options: StructureServiceOptions, request: WireRequest): Promise<WireAnswer> {
  const output = await runOperation(options, cborCall(request)?.operation ?? '', () =>
    request.body.length === 0 ? {} : parseCbor(request.body),
  );
  return answer(200, request, output);
}

/** The answer to a request that failed. */
export function cborErrorAnswer(error: AwsError, request: WireRequest): WireAnswer {
  const made = answer(error.status, request, { __type: error.code, message: error.message });
  return { ...made, headers: { ...made.headers, 'x-amzn-ErrorType': error.code } };
}

function answer(status: number, { requestId }: WireRequest, value: object | undefined): WireAnswer {
  return {
    status,
    headers: {
      'smithy-protocol': 'rpc-v2-cbor',
      'x-amzn-RequestId': requestId,
      ...(value && { 'content-type': 'application/cbor' }),
    },
    body: value ? formatCbor(value) : '',
  };
}
