import type { IncomingMessage, ServerResponse } from 'node:http';
import { JSON_TYPE } from './content-type.ts';
import { decodeInput } from './decode-input.ts';
import { encodeOutput } from './encode-output.ts';
import { HttpError, messageOf, statusOf } from './http-error.ts';
import { readBody } from './read-body.ts';
import type { EncodedOutput, InferenceModule } from './types.ts';

/** What a model is served with. */
export interface HandlerOptions {
  readonly module: InferenceModule;
  /** What `modelFn` has loaded. */
  readonly model: unknown;
  /** For requests that accept anything. @default 'application/json' */
  readonly defaultAccept?: string | undefined;
}

/** Answers `/ping`, `/invocations` and `/execution-parameters`. The promise never rejects. */
export function createHandler(
  options: HandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    try {
      const answer = await route(request, options);
      // With its length, head and body leave in one write; chunks would be three.
      response.writeHead(200, {
        'Content-Type': answer.contentType,
        'Content-Length': Buffer.byteLength(answer.body),
      });
      response.end(answer.body);
    } catch (error) {
      refuse(request, response, error);
    }
  };
}

async function route(request: IncomingMessage, options: HandlerOptions): Promise<EncodedOutput> {
  const { method } = request;
  const path = (request.url ?? '').split('?', 1)[0];
  if (path === '/ping' && method === 'GET') return { body: '\n', contentType: JSON_TYPE };
  if (path === '/invocations' && method === 'POST') return infer(request, options);
  if (path === '/execution-parameters' && method === 'GET' && options.module.executionParameters) {
    return { body: JSON.stringify(options.module.executionParameters), contentType: JSON_TYPE };
  }
  const known = path === '/ping' || path === '/invocations';
  throw new HttpError(known ? 405 : 404, `${method} ${path} is not served here.`);
}

async function infer(request: IncomingMessage, options: HandlerOptions): Promise<EncodedOutput> {
  const { module, model, defaultAccept = JSON_TYPE } = options;
  const contentType = request.headers['content-type'] ?? JSON_TYPE;
  const asked = request.headers.accept ?? '*/*';
  const accept = asked === '*/*' ? defaultAccept : asked;
  const body = await readBody(request);
  const input = module.inputFn
    ? await userInput(module.inputFn, body, contentType)
    : decodeInput(body, contentType);
  const prediction = await predict(module, model, input);
  if (!module.outputFn) return encodeOutput(prediction, accept);
  const output = await module.outputFn(prediction, accept);
  return typeof output === 'string' || output instanceof Uint8Array
    ? { body: output, contentType: accept }
    : output;
}

async function userInput(
  inputFn: NonNullable<InferenceModule['inputFn']>,
  body: Buffer,
  contentType: string,
): Promise<unknown> {
  try {
    return await inputFn(body, contentType);
  } catch (error) {
    throw new HttpError(statusOf(error, 400), `inputFn: ${messageOf(error)}`, error);
  }
}

async function predict(module: InferenceModule, model: unknown, input: unknown): Promise<unknown> {
  if (module.predictFn) return module.predictFn(input, model);
  const predictable = model as { predict?: (input: unknown) => unknown } | null;
  if (typeof predictable?.predict === 'function') return predictable.predict(input);
  throw new HttpError(500, 'The model has no function predict(input): export predictFn(input, model).');
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const status = statusOf(error, 500);
  if (status >= 500) console.error(error instanceof HttpError && !error.cause ? error.message : error);
  if (response.headersSent) return void response.destroy();
  // What is left of the body is not read: the connection cannot be used again.
  const headers = request.complete ? {} : { Connection: 'close' };
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${messageOf(error)}\n`);
}
