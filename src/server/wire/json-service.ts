/**
 * The protocol of AWS's JSON services, versions 1.0 and 1.1: the operation in X-Amz-Target, a JSON structure each way.
 *
 * Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html; the order of checks is that of AWS's own
 * services: target, JSON, types (SerializationException), constraints (ValidationException), then the operation.
 * By design: an operation of the service that is not served here is an UnknownOperationException that says so.
 */
import { AwsError } from './aws-error.ts';
import type { Service, WireAnswer, WireRequest } from './http.ts';
import { toJsonValue } from './json-value.ts';
import type { OperationModel, ServiceModel } from './model/service-model.ts';
import { parseInput, parseJson } from './parse-input.ts';
import { show } from './show.ts';
import { toAwsError } from './to-aws-error.ts';
import { validateInput } from './validate-input.ts';

/** What an operation does: from its checked input to its output. */
export type OperationHandler = (input: never) => Promise<object>;

/** What a JSON service is made of. */
export interface JsonServiceOptions {
  /** How messages call it: `SageMaker`. */
  readonly name: string;
  readonly model: ServiceModel;
  readonly operations: Readonly<Record<string, OperationHandler>>;
  /** The code of an input that breaks a constraint. @default 'ValidationException' */
  readonly invalidInputCode?: string;
  /** Answers in place of an error where another server can. Absent, or undefined: the error is the answer. */
  readonly instead?: (error: unknown, request: WireRequest) => Promise<WireAnswer> | undefined;
  readonly log: (message: string) => void;
}

/** Makes a service of the operations in a table. */
export function createJsonService(options: JsonServiceOptions): Service {
  return {
    operations: new Set(Object.keys(options.operations)),
    async handle(request) {
      try {
        return await run(options, request);
      } catch (error) {
        return answerInstead(options, error, request);
      }
    },
  };
}

async function answerInstead(
  { instead, log }: JsonServiceOptions,
  error: unknown,
  request: WireRequest,
): Promise<WireAnswer> {
  try {
    return (await instead?.(error, request)) ?? errorAnswer(toAwsError(error, log), request);
  } catch (failure) {
    return errorAnswer(toAwsError(failure, log), request);
  }
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

async function run(options: JsonServiceOptions, request: WireRequest): Promise<WireAnswer> {
  const target = String(request.headers['x-amz-target'] ?? '');
  const name = target.slice(target.lastIndexOf('.') + 1);
  const output = await runOperation(options, name, () => parseJson(request.body.toString('utf8')));
  const body = output === undefined ? '' : JSON.stringify(toJsonValue(output));
  return { status: 200, headers: commonHeaders(request), body };
}

/**
 * Runs an operation by its name over the input that its request holds, read once the operation is known.
 *
 * @returns the members that the model names, in its order; undefined for an operation without output.
 * @throws AwsError
 */
export async function runOperation(
  options: JsonServiceOptions,
  name: string,
  readInput: () => unknown,
): Promise<object | undefined> {
  const { operation, handler } = findOperation(options, name);
  const { value, unknownMembers } = parseInput(options.model, operation.input, readInput());
  if (unknownMembers.length > 0) {
    const shown = unknownMembers.slice(0, 10).map(showName).join(', ');
    options.log(`${name}: ignored members that ${options.name} does not know: ${shown}`);
  }
  checkInput(options, operation, value);
  return outputMembers(operation, await handler(value as never));
}

function findOperation(options: JsonServiceOptions, name: string) {
  const operations: Readonly<Record<string, OperationModel>> = options.model.operations;
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  const handler = Object.hasOwn(options.operations, name) ? options.operations[name] : undefined;
  if (operation && handler) return { operation, handler };
  throw new AwsError('UnknownOperationException', unknownOperation(options, name));
}

function unknownOperation({ name: service, model }: JsonServiceOptions, name: string): string {
  return model.otherOperations.includes(name)
    ? `Sluice does not serve the operation ${name} of ${service}.`
    : `${service} has no operation ${JSON.stringify(name)}.`;
}

/** Most are a typing slip, and stand as they are. */
function showName(name: string): string {
  return /^[\w.[\]]{1,200}$/.test(name) ? name : show(name);
}

function checkInput(options: JsonServiceOptions, operation: OperationModel, value: object): void {
  try {
    validateInput(options.model, operation.input, value);
  } catch (error) {
    if (!(error instanceof AwsError) || options.invalidInputCode === undefined) throw error;
    throw new AwsError(options.invalidInputCode, error.message);
  }
}

function outputMembers(operation: OperationModel, output: object): object | undefined {
  if (operation.output === undefined) return undefined;
  const members: Record<string, unknown> = {};
  for (const name of operation.output) {
    const value = (output as Record<string, unknown>)[name];
    if (value !== undefined) members[name] = value;
  }
  return members;
}

function commonHeaders(request: WireRequest): Record<string, string> {
  const version = request.headers['content-type']?.includes('json-1.0') ? '1.0' : '1.1';
  return { 'content-type': `application/x-amz-json-${version}`, 'x-amzn-RequestId': request.requestId };
}
