/**
 * The protocol of AWS's older services: a form with an Action each way in, XML out.
 *
 * Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html. Gaps: no operation that is served takes a map.
 */
import { AwsError } from './aws-error.ts';
import { createService, type ServiceOptions } from './create-service.ts';
import { checkInput, findOperation } from './find-operation.ts';
import type { Service, WireAnswer, WireRequest } from './http.ts';
import { parseForm } from './parse-form.ts';
import { parseInput } from './parse-input.ts';
import { formatElements, type XmlDialect, type XmlElements } from './xml.ts';

/** What a query service is made of. */
export interface QueryServiceOptions extends ServiceOptions {
  /** Of its answers. */
  readonly namespace: string;
  /** What this protocol calls errors that are named otherwise elsewhere. */
  readonly errorCodes?: Readonly<Record<string, string>>;
}

const DIALECT: XmlDialect = { member: 'member', controls: 'replaced' };

/** Makes a service of the operations in a table. */
export function createQueryService(options: QueryServiceOptions): Service {
  return createService(options, {
    run,
    refuse: (error, request) => queryErrorAnswer(options, error, request),
  });
}

async function run(options: QueryServiceOptions, request: WireRequest): Promise<WireAnswer> {
  const form = formOf(request);
  const name = form.get('Action') ?? '';
  const found = findOperation(options, name);
  if (!found) throw new AwsError('InvalidAction', unknownAction(options, name));
  const { operation, handler } = found;
  const { value } = parseInput(
    options.model,
    operation.input,
    parseForm(options.model, operation.input, form),
  );
  checkInput(options.model, operation, value, 'ValidationError');
  const result = formatElements(
    { [`${name}Result`]: (await handler(value as never, request)) as XmlElements },
    DIALECT,
  );
  return xmlAnswer(200, request, [
    `<${name}Response xmlns="${options.namespace}">${result}`,
    `<ResponseMetadata><RequestId>${request.requestId}</RequestId></ResponseMetadata></${name}Response>`,
  ]);
}

/** The members of a form, in the query and in the body. */
export function formOf(request: Pick<WireRequest, 'url' | 'body'>): ReadonlyMap<string, string> {
  const query = new URLSearchParams(/\?(.*)/s.exec(request.url)?.[1] ?? '');
  const form = new URLSearchParams(request.body.toString('utf8'));
  const signature = /^X-Amz-/i;
  return new Map([...query, ...form].filter(([name]) => !signature.test(name)));
}

function unknownAction({ model, name: service }: QueryServiceOptions, name: string): string {
  return model.otherOperations.includes(name)
    ? `Sluice does not serve the operation ${name} of ${service}.`
    : `Could not find operation ${JSON.stringify(name)} of ${service}.`;
}

/** The answer of a query service to a request that failed. */
export function queryErrorAnswer(
  { namespace, errorCodes }: Pick<QueryServiceOptions, 'namespace' | 'errorCodes'>,
  error: AwsError,
  request: WireRequest,
): WireAnswer {
  const type = error.status >= 500 ? 'Receiver' : 'Sender';
  const code = errorCodes?.[error.code] ?? error.code;
  return xmlAnswer(error.status, request, [
    `<ErrorResponse xmlns="${namespace}">`,
    formatElements({ Error: { Type: type, Code: code, Message: error.message } }, DIALECT),
    `<RequestId>${request.requestId}</RequestId></ErrorResponse>`,
  ]);
}

function xmlAnswer(status: number, { requestId }: WireRequest, parts: readonly string[]): WireAnswer {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-RequestId': requestId },
    body: parts.join(''),
  };
}
