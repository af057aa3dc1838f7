/**
 * The protocol of AWS's older services: a form with an Action each way in, XML out.
 *
 * Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html. Gaps: no operation that is served takes a map.
 */
import { AwsError } from './aws-error.ts';
import type { Service, WireAnswer, WireRequest } from './http.ts';
import type { OperationHandler } from './json-service.ts';
import type { OperationModel, ServiceModel } from './model/service-model.ts';
import { parseForm } from './parse-form.ts';
import { parseInput } from './parse-input.ts';
import { scalarText } from './scalar-text.ts';
import { toAwsError } from './to-aws-error.ts';
import { validateInput } from './validate-input.ts';

/** What a query service is made of. */
export interface QueryServiceOptions {
  /** How messages call it: `STS`. */
  readonly name: string;
  readonly model: ServiceModel;
  /** Of its answers. */
  readonly namespace: string;
  readonly operations: Readonly<Record<string, OperationHandler>>;
  /** What this protocol calls errors that are named otherwise elsewhere. */
  readonly errorCodes?: Readonly<Record<string, string>>;
  readonly log: (message: string) => void;
}

/** Makes a service of the operations in a table. */
export function createQueryService(options: QueryServiceOptions): Service {
  return {
    operations: new Set(Object.keys(options.operations)),
    async handle(request) {
      try {
        return await run(options, request);
      } catch (error) {
        return queryErrorAnswer(options, toAwsError(error, options.log), request);
      }
    },
  };
}

async function run(options: QueryServiceOptions, request: WireRequest): Promise<WireAnswer> {
  const form = formOf(request);
  const name = form.get('Action') ?? '';
  const { operation, handler } = findOperation(options, name);
  const { value } = parseInput(
    options.model,
    operation.input,
    parseForm(options.model, operation.input, form),
  );
  checkInput(options.model, operation, value);
  const result = element(`${name}Result`, await handler(value as never));
  return xmlAnswer(200, request, [
    `<${name}Response xmlns="${options.namespace}">${result}`,
    `<ResponseMetadata><RequestId>${request.requestId}</RequestId></ResponseMetadata></${name}Response>`,
  ]);
}

function formOf(request: WireRequest): ReadonlyMap<string, string> {
  const query = new URLSearchParams(/\?(.*)/s.exec(request.url)?.[1] ?? '');
  const form = new URLSearchParams(request.body.toString('utf8'));
  const signature = /^X-Amz-/i;
  return new Map([...query, ...form].filter(([name]) => !signature.test(name)));
}

function findOperation(options: QueryServiceOptions, name: string) {
  const operations: Readonly<Record<string, OperationModel>> = options.model.operations;
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  const handler = Object.hasOwn(options.operations, name) ? options.operations[name] : undefined;
  if (operation && handler) return { operation, handler };
  const known = options.model.otherOperations.includes(name);
  throw new AwsError(
    'InvalidAction',
    known
      ? `Sluice does not serve the operation ${name} of ${options.name}.`
      : `Could not find operation ${JSON.stringify(name)} of ${options.name}.`,
  );
}

function checkInput(model: ServiceModel, operation: OperationModel, value: object): void {
  try {
    validateInput(model, operation.input, value);
  } catch (error) {
    throw error instanceof AwsError ? new AwsError('ValidationError', error.message) : error;
  }
}

/** The answer of a query service to a request that failed. */
export function queryErrorAnswer(
  { namespace, errorCodes }: Pick<QueryServiceOptions, 'namespace' | 'errorCodes'>,
  error: AwsError,
  request: WireRequest,
): WireAnswer {
  const type = error.status >= 500 ? 'Receiver' : 'Sender';
  return xmlAnswer(error.status, request, [
    `<ErrorResponse xmlns="${namespace}">`,
    element('Error', { Type: type, Code: errorCodes?.[error.code] ?? error.code, Message: error.message }),
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

function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Date) return `<${name}>${value.toISOString()}</${name}>`;
  if (Array.isArray(value)) {
    return `<${name}>${value.map((each) => element('member', each)).join('')}</${name}>`;
  }
  if (typeof value !== 'object') return `<${name}>${escapeXml(scalarText(value))}</${name}>`;
  const members = Object.entries(value).map(([key, each]) => element(key, each));
  return `<${name}>${members.join('')}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it stands in XML. */
export function escapeXml(text: string): string {
  // XML 1.0 has no way to write the other control characters.
  return text
    .replace(/[&<>"]/g, (each) => ENTITIES[each] as string)
    .replace(/[^\t\n\r\u0020-\uFFFD]/g, '\uFFFD');
}
